"""A job of a sweep in a process of its own: what that process is given."""

import subprocess
from pathlib import Path

import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from lungseg.errors import ConfigError, Pruned
from lungseg.runs.status import write_status
from lungseg.sweeps.alone import run_alone


@pytest.fixture
def process(monkeypatch, tmp_path):
    """In place of the process: what it was called with, and how it ends."""
    calls = {"code": 0, "stderr": ""}

    def run(words, env, **settings):
        (folder,) = (word.split("=")[1] for word in words if word.startswith("--config-path"))
        calls["config"] = OmegaConf.load(Path(folder) / "job.yaml")
        calls["env"] = env
        return subprocess.CompletedProcess(words, calls["code"], stderr=calls["stderr"])

    monkeypatch.setattr(subprocess, "run", run)
    hydra = {"job": {"name": "train", "chdir": False}, "job_logging": {"a": 1}}
    monkeypatch.setattr(HydraConfig.instance(), "cfg", OmegaConf.create({"hydra": hydra}))
    monkeypatch.setattr("lungseg.search.prune.this_trial", lambda outputs: None)
    return calls


CONFIG = {"outputs": "o", "data": {"root": "it's \\${b}", "again": ["${data.root}"]}}


def test_a_literal_brace_is_no_interpolation(process, tmp_path):
    run_alone("train", OmegaConf.create(CONFIG), tmp_path / "a${c}")
    data = OmegaConf.to_container(process["config"].data, resolve=True)
    assert data == {"root": "it's ${b}", "again": ["it's ${b}"]}
    assert process["config"].hydra.run.dir == str(tmp_path / "a${c}")


def test_it_is_a_run_of_its_own_rank(process, tmp_path, monkeypatch):
    for name in ("RANK", "GROUP_RANK", "SLURM_PROCID", "TORCHELASTIC_RUN_ID", "MINE"):
        monkeypatch.setenv(name, "1")
    run_alone("train", OmegaConf.create(CONFIG), tmp_path)
    assert process["env"]["MINE"] == "1"
    assert not [name for name in process["env"] if "RANK" in name or name.startswith("SLURM")]


def test_its_error_is_passed_on_without_a_path(process, tmp_path):
    process |= {"code": 1, "stderr": "warned\nlungseg train: error: no mask [/scans/Frollo]\n"}
    with pytest.raises(ConfigError, match="^no mask$"):
        run_alone("train", OmegaConf.create(CONFIG), tmp_path)
    write_status(tmp_path, "pruned", "behind")
    with pytest.raises(Pruned, match="behind"):
        run_alone("train", OmegaConf.create(CONFIG), tmp_path)
