"""``lungseg train -m``: every job does its part, and the sweep's folder says how it went."""

import csv
import json
import os
from pathlib import Path

import pytest
import yaml

from lungseg.sweeps.index import differing, rows
from tests.apps.test_train import wandb_records
from tests.conftest import CLONE, Cli

TINY = ("model.base_channels=4", "model.depth=2", "trainer.max_epochs=1", "report=false")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, phantom_root) -> Path:
    """Two by two runs and one that fails, W&B offline."""
    folder = tmp_path_factory.mktemp("sweep")
    done = Cli(folder)(
        *("train", "-m", "data=lctsc", f"data.root={phantom_root}", *TINY),
        *("loss.alpha=0.3,0.6", "seed=1,2", "experiment=quick", "logger.tags=[mine]"),
    )
    assert done.returncode == 0, done.stderr
    (folder / "screen.txt").write_text(done.stdout)
    return folder


@pytest.fixture(scope="module")
def sweep(workplace) -> Path:
    (folder,) = (workplace / "outputs" / "multirun").glob("*/*")
    return folder


def test_the_index_lists_every_run_with_what_differs_and_how_it_went(sweep):
    with (sweep / "sweep.csv").open() as file:
        found = list(csv.DictReader(file))
    assert [row["job"] for row in found] == ["0", "1", "2", "3"]
    assert [row["loss.alpha"] for row in found] == ["0.3", "0.3", "0.6", "0.6"]
    assert [row["seed"] for row in found] == ["1", "2", "1", "2"]
    assert {row["state"] for row in found} == {"completed"}
    assert "trainer.max_epochs" not in found[0]
    for row in found:
        summary = json.loads((sweep / row["job"] / "evaluation" / "summary.json").read_text())
        assert float(row["test/dsc_mean_nonempty"]) == pytest.approx(
            summary["test"]["dsc_mean_nonempty"]["value"]
        )


def test_the_screen_ends_with_the_index(workplace):
    shown = (workplace / "screen.txt").read_text()
    assert "4 runs: 4 completed" in shown
    assert shown.count("mean surface distance") == 0  # not a table of sixty lines a job


def test_wandb_names_groups_and_tags_the_jobs(workplace, sweep):
    named = {}
    for folder in (workplace / "outputs" / "wandb").glob("offline-run-*"):
        run = next(r["run"] for r in wandb_records(folder) if r["type"] == "run")
        named[run["display_name"]] = run
    assert sorted(named) == [
        "0: loss.alpha=0.3 seed=1",
        "1: loss.alpha=0.3 seed=2",
        "2: loss.alpha=0.6 seed=1",
        "3: loss.alpha=0.6 seed=2",
    ]
    assert {run["run_group"] for run in named.values()} == {"_".join(sweep.parts[-2:])}
    assert {run["job_type"] for run in named.values()} == {"sweep"}
    assert {tuple(run["tags"]) for run in named.values()} == {("quick", "mine")}


@pytest.mark.slow
def test_stop_on_error_ends_the_sweep(cli, phantom_root):
    done = cli(
        *("train", "-m", "data=lctsc", f"data.root={phantom_root}", *TINY, "logger=none"),
        *("loss.alpha=0.3,1.5,0.6", "stop_on_error=true"),
    )
    assert done.returncode == 1
    assert "alpha must be a number from 0 to 1, got 1.5" in done.stderr.strip().splitlines()[-1]
    (folder,) = (cli.folder / "outputs" / "multirun").glob("*/*")
    assert [row["state"] for row in rows(folder)] == ["completed", "failed"]


def test_a_misspelt_key_stops_a_sweep_before_its_first_job(cli):
    line = cli.refused("train", "-m", "loss.alpha=0.3,0.6", "loss.alpa=1")
    assert line.startswith("lungseg train: error: loss.alpa: no such setting; did you mean")
    assert not list((cli.folder / "outputs").glob("multirun/*/*/[0-9]"))


@pytest.mark.slow
def test_two_sweeps_never_share_a_folder(cli, phantom_root):
    words = (
        *("train", "-m", "data=lctsc", f"data.root={phantom_root}", *TINY, "logger=none"),
        *("hydra.sweep.dir=there", "loss.alpha=0.3"),
    )
    assert cli(*words).returncode == 0
    before = (cli.folder / "there" / "0" / ".hydra" / "overrides.yaml").read_text()
    assert "this folder already contains a" in cli.refused(*words[:-1], "loss.alpha=0.6")
    assert (cli.folder / "there" / "0" / ".hydra" / "overrides.yaml").read_text() == before


def test_a_sweep_that_is_refused_leaves_no_path_of_the_source(cli):
    cli.refused("train", "-m", "data=lctsc", "data.root=/of/Patient_X", "loss.alpa=0.3,0.6")
    files = [file for file in (cli.folder / "outputs").rglob("*") if file.is_file()]
    assert [file.name for file in files if b"Patient_X" in file.read_bytes()] == []


@pytest.mark.slow
def test_several_devices_under_m_train_in_a_process_of_their_own(cli, phantom_root):
    """As within a job of Slurm's; a path of the source stays out of everything that it leaves."""
    done = cli(
        *("train", "-m", "data=lctsc", f"data.root={phantom_root}", *TINY, "logger=none"),
        *("loss.alpha=0.3,1.5", "trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu"),
        **{"SLURM_NTASKS": "1", "SLURM_NTASKS_PER_NODE": "1", "SLURM_JOB_NAME": "job"},
    )
    assert "alpha must be a number from 0 to 1, got 1.5" in done.stdout
    (folder,) = (cli.folder / "outputs" / "multirun").glob("*/*")
    assert [row["state"] for row in rows(folder)] == ["completed", "failed"]
    made_by = json.loads((folder / "0" / "provenance.json").read_text())
    assert made_by["config"]["loss"]["alpha"] == 0.3
    assert made_by["config"]["trainer"]["devices"] == 2
    overrides = yaml.safe_load((folder / "0" / ".hydra" / "overrides.yaml").read_text())
    assert "loss.alpha=0.3" in overrides
    needle = os.fsencode(phantom_root)
    files = [file for file in (cli.folder / "outputs").rglob("*") if file.is_file()]
    assert not [file for file in files if needle in file.read_bytes()]


@pytest.mark.slow
def test_the_command_line_of_the_wandb_sweep_runs(cli, phantom_root):
    """W&B's agent puts the parameters in; offline here, since an agent needs an account."""
    sweep = yaml.safe_load((CLONE / "docs" / "wandb_sweep.yaml").read_text())
    values = {
        key: spread["min"] + 0.3 * (spread["max"] - spread["min"])
        for key, spread in sweep["parameters"].items()
    }
    command = sweep["command"]
    assert command[:2] == ["lungseg", "train"]
    words = [word for word in command[1:] if word != "${args_no_hyphens}"]
    assert len(words) == len(command) - 2
    done = cli(
        *words, *(f"{key}={value}" for key, value in values.items()),
        *("data=lctsc", f"data.root={phantom_root}", *TINY, "logger.mode=offline"),
        WANDB_SWEEP_ID="sweep1", WANDB_RUN_ID="run1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder,) = (cli.folder / "outputs" / "wandb").glob("offline-run-*-run1")
    updates = [r["summary"]["update"] for r in wandb_records(folder) if r["type"] == "summary"]
    assert any(sweep["metric"]["name"] in update for update in updates)


def test_a_job_that_was_killed_stands_as_running(tmp_path):
    for job, text in enumerate(("[a=1, b=2]", "[a=1, b=3]", "[a=1]")):
        folder = tmp_path / str(job) / ".hydra"
        folder.mkdir(parents=True)
        (folder / "overrides.yaml").write_text(text)
    (tmp_path / "0" / "status.json").write_text('{"state": "pruned", "error": "behind"}')
    (tmp_path / "3" / ".hydra").mkdir(parents=True)  # Hydra has just begun with it
    (tmp_path / "figures").mkdir()
    found = rows(tmp_path)
    assert found.pop()["settings"] == {}
    assert [row["state"] for row in found] == ["pruned", "running", "running"]
    assert differing(found) == ["b"]
    (tmp_path / "0" / "status.json").write_text('{"state": "completed", "error": null}')
    assert rows(tmp_path)[0]["state"] == "completed"  # read anew
