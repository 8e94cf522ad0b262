"""Names of runs in W&B and MLflow tell nothing that identifies."""

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf, open_dict

from lungseg.config import conf_dir, register_resolvers
from lungseg.privacy import HIDDEN
from lungseg.sweeps.callback import MARK
from lungseg.sweeps.labels import name_run


@pytest.fixture
def named(tmp_path, monkeypatch):
    """The labels of a job of a sweep."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(HydraConfig.instance(), "cfg", None)

    def name(*overrides, params, folder="outputs/multirun/day/time"):
        register_resolvers()
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / MARK).touch()
        sweep = {"hydra": {"overrides": {"task": []}}}
        OmegaConf.save(OmegaConf.create(sweep), tmp_path / folder / "multirun.yaml")
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            config = compose("train", list(overrides), return_hydra_config=True)
        with open_dict(config):
            config.hydra.mode = RunMode.MULTIRUN
            config.hydra.job.num = 0
            config.hydra.sweep.dir = str(tmp_path / folder)
            config.hydra.sweeper.params = params
            HydraConfig.instance().set_config(config)
            config.pop("hydra")
        name_run(config)
        return config.logger

    return name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data.root", "/scans/Frollo"),
        ("+data.root", "/scans/Frollo"),
        ("data.store", "/scans/Frollo"),
        ("+data.series", "1.2.840.10008.5"),
        ("data", "{root: /scans/Frollo}"),
    ],
)
def test_a_sweep_over_sources(key, value, named):
    params = {key: f"{value},x", "loss.alpha": "0.1,0.3"}
    data = [] if key == "data" else ["data=lctsc"]
    start = "+" if key == "data" else ""
    labels = named(*data, f"{start}{key}={value}", "loss.alpha=0.1", params=params)
    assert labels.name == "0: loss.alpha=0.1"
    assert labels.group == "day_time"


def test_labels_that_refer_to_the_source(named):
    words = ("logger.group=${data.root}", "logger.tags=[a,'${data.root}/b']", "logger.job_type=x")
    labels = named("data=lctsc", "data.root=/scans/Frollo", *words, params={})
    assert labels.group == HIDDEN
    assert labels.tags == ["a", HIDDEN]


def test_a_folder_outside_results_is_not_named(named):
    labels = named("loss.alpha=0.1", params={"loss.alpha": "0.1"}, folder="Frollo/x")
    assert labels.group[:2] == "20"
    assert "Frollo" not in labels.group


def test_the_jobs_of_a_sweep_share_an_experiment_of_mlflow(named):
    words = ("logger=[wandb,mlflow]", "+logger.mlflow.tags.owner=me", "loss.alpha=0.123456789")
    labels = named(*words, "experiment=quick", params={"loss.alpha": "0.1"}).mlflow
    assert labels.experiment_name == "lungseg day_time"
    assert labels.run_name == "0: loss.alpha=0.1235"
    assert labels.tags == {"job_type": "sweep", "experiment": "quick", "owner": "me"}


def test_labels_of_mlflow_that_refer_to_the_source(named):
    words = ("logger.mlflow.run_name=${data.root}/a", "+logger.mlflow.tags.of='${data.root}/b'")
    root = "data.root=/scans/Frollo"
    labels = named("logger=mlflow", "data=lctsc", root, *words, params={}).mlflow
    assert labels.run_name == HIDDEN
    assert labels.tags == {"job_type": "sweep", "of": HIDDEN}
