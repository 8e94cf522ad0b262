"""Folders that are claimed before Hydra writes into them."""

import pytest
from hydra import compose, initialize_config_dir

from lungseg.config import conf_dir, register_resolvers
from lungseg.errors import ConfigError, Stop
from lungseg.overrides import as_typed
from lungseg.runs.claim import MARK, release
from lungseg.sweeps.callback import Folders


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Composed as Hydra composes it for a run."""
    monkeypatch.chdir(tmp_path)
    register_resolvers()

    def composed(command, *words):
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            return compose(command, list(words), return_hydra_config=True)

    yield composed
    release()
    Folders.sweep = None


def test_a_name_that_is_taken_gives_way_to_the_next(config, tmp_path):
    words = ["hydra.run.dir='a ${now:b}'"]
    names = []
    for _ in range(2):
        run = config("train", *words)
        folders = Folders()
        folders.on_run_start(run)
        folders.on_job_start(run)
        release()
        names.append(run.hydra.run.dir)
    assert names == ["a b", "a b-2"]
    assert run.hydra.output_subdir is None  # Hydra writes nothing
    assert Folders.output_subdir == ".hydra"


@pytest.mark.parametrize(("command", "marked"), [("train", True), ("prepare", False)])
def test_only_what_leaves_a_run_is_marked_as_one(command, marked, config, tmp_path):
    Folders().on_run_start(config(command, "hydra.run.dir=a"))
    assert (tmp_path / "a" / MARK).is_file() is marked


def test_errors_stop_hydra_which_would_only_warn(config, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "status.json").touch()
    with pytest.raises(Stop) as stopped:
        Folders().on_run_start(config("train", "hydra.run.dir=a"))
    assert isinstance(stopped.value.__cause__, ConfigError)
    with pytest.raises(Stop) as stopped:
        Folders().on_run_start(config("train", "hydra.run.dir=a/status.json/b"))
    assert isinstance(stopped.value.__cause__, OSError)


def test_a_name_may_ask_for_hydras_settings(config, tmp_path):
    Folders().on_run_start(config("train", "hydra.run.dir='a_${hydra:job.name}'"))
    assert (tmp_path / "a_train" / MARK).is_file()


def test_a_sweep_takes_the_next_name_and_its_jobs_know_it(config, tmp_path):
    (tmp_path / "it's ${b} c").mkdir()
    sweep = config("train", "hydra.sweep.dir='it\\'s \\${b} ${now:c}'")
    Folders().on_multirun_start(sweep)
    assert sweep.hydra.sweep.dir == "it's ${b} c-2"
    again = config("train", *as_typed(sweep.hydra.overrides.hydra))
    assert again.hydra.sweep.dir == "it's ${b} c-2"


def test_a_search_keeps_its_folder(config, tmp_path):
    words = ("sweep=search", "hydra.sweeper.study_name=s")
    for _ in range(2):
        Folders().on_multirun_start(config("train", *words))
        assert Folders.sweep.hydra.sweep.dir == "outputs/multirun/search/s"


def test_another_rank_logs_into_no_other_run(config, tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    words = ["trainer=ddp", "trainer.devices=2"]
    run = config("train", *words, "hydra.run.dir=noon")
    folders = Folders()
    folders.on_run_start(run)
    folders.on_job_start(run)
    assert run.hydra.run.dir == "noon"
    assert Folders.output_subdir is None
    assert not list(tmp_path.rglob(MARK))


@pytest.mark.parametrize("rank", ["0", "1"])
def test_processes_that_start_apart_share_no_folder_by_the_time(
    rank, config, tmp_path, monkeypatch
):
    monkeypatch.setenv("RANK", rank)
    with pytest.raises(Stop) as stopped:
        Folders().on_run_start(config("train", "trainer=ddp", "trainer.devices=2"))
    assert "hydra.run.dir: must be given" in str(stopped.value.__cause__)
    assert not list(tmp_path.iterdir())
