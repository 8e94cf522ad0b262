"""A requeued job resumes in its own folder, and in no other."""

import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf
from optuna.trial import TrialState

from lungseg.errors import ConfigError
from lungseg.runs.claim import has_begun, release
from lungseg.runs.launched import JOB
from lungseg.runs.status import write_status
from lungseg.search.storage import open_storage
from lungseg.search.study import Claims, open_study
from lungseg.sweeps.again import claim_or_resume
from tests.search.conftest import settings

LAST = "checkpoints/last.ckpt"


@pytest.fixture(autouse=True)
def job(monkeypatch, tmp_path):
    """In a job of submitit's, of a grid."""
    hydra = OmegaConf.create({"hydra": {"sweeper": {}, "job": {"num": 0}}})
    monkeypatch.setattr(HydraConfig.instance(), "cfg", hydra)
    monkeypatch.setenv(JOB, "77_0")
    yield hydra.hydra
    release()


@pytest.fixture
def config(tmp_path):
    return OmegaConf.create({"ckpt_path": None, "outputs": str(tmp_path)})


def begun(folder, *, checkpoint):
    (folder / "checkpoints").mkdir(parents=True)
    write_status(folder, "running")
    (folder / "provenance.json").touch()
    if checkpoint:
        (folder / LAST).touch()
    return folder


def test_it_resumes_from_its_checkpoint(config, tmp_path):
    claim_or_resume(config, begun(tmp_path / "0", checkpoint=True))
    assert config.ckpt_path == str(tmp_path / "0" / LAST)


def test_without_a_checkpoint_it_starts_anew(config, tmp_path):
    folder = begun(tmp_path / "0", checkpoint=False)
    claim_or_resume(config, folder)
    assert config.ckpt_path is None
    assert not has_begun(folder)


@pytest.mark.parametrize("other", ["77_1", None])
def test_the_folder_of_another_is_left_alone(config, other, tmp_path, monkeypatch):
    folder = begun(tmp_path / "0", checkpoint=True)
    if other:
        monkeypatch.setenv(JOB, other)
    else:
        monkeypatch.delenv(JOB)
    with pytest.raises(ConfigError, match="already contains a run"):
        claim_or_resume(config, folder)
    assert config.ckpt_path is None


@pytest.mark.parametrize("checkpoint", [None, True])
def test_a_trial_that_was_given_up_is_not_trained(config, job, checkpoint, tmp_path):
    storage = open_storage(None, str(tmp_path), "quick")
    facts = {"space": {}, "objectives": {"val/dsc": "maximize"}, "settings": {}}
    claims = Claims(storage, open_study(storage, settings(), facts), 1, lambda number: False)
    trial = claims.claim()
    job.sweeper = {"study_name": "quick", "storage": None}
    if checkpoint:
        begun(tmp_path / "0", checkpoint=True)
    claim_or_resume(config, tmp_path / "0")
    release()
    claims.finish(trial._trial_id, TrialState.FAIL)
    with pytest.raises(ConfigError, match="trial 0 was given up when its search was stopped"):
        claim_or_resume(config, tmp_path / "0")
