"""Searches over trainings that take no time: totals, numbers, folders, what is made up."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from optuna.trial import TrialState

from lungseg.errors import ConfigError
from lungseg.runs.status import read_status, write_status
from lungseg.search.results import summary_lines, write_results
from tests.conftest import CLONE
from tests.search.conftest import settings, start_worker
from tests.search.worker import QuickLauncher, make_search

GRID = json.dumps(
    {"loss.alpha": {"low": 0, "high": 1, "step": 0.25}, "optimizer": {"choices": ["sgd", "adam"]}}
)


def states(search):
    return Counter(trial.state.name for trial in search.claims.trials())


def finished(search):
    return [trial for trial in search.claims.trials() if trial.state == TrialState.COMPLETE]


def check_whole(search, total):
    """The total is met exactly, each folder belongs to its trial, and no point came twice."""
    done = finished(search)
    assert len(done) == total
    points = [json.dumps(trial.params, sort_keys=True) for trial in done]
    assert len(set(points)) == total
    for trial in done:
        run = search.folder / str(trial.number)
        alpha = json.loads((run / "provenance.json").read_text())["config"]["loss"]["alpha"]
        assert alpha == trial.params["loss.alpha"] == trial.value
        assert trial.user_attrs["run"] == f"multirun/search/quick/{trial.number}"


def test_the_value_is_that_of_the_chosen_checkpoints_epoch(tmp_path):
    search = make_search(tmp_path, n_trials=2)
    search.run(QuickLauncher(search.folder), [])
    check_whole(search, 2)  # the row of epoch 1, neither the first nor the last
    for trial in finished(search):
        assert trial.user_attrs["config"] == {"loss.alpha": trial.value}
        assert trial.user_attrs["git_commit"] == "c0ffee"
        assert trial.user_attrs["cohort_sha256"] == "5a"


def test_the_same_command_goes_on_and_then_has_nothing_to_do(tmp_path):
    launchers = []
    for total in (2, 5, 5, 3):
        search = make_search(tmp_path, n_trials=total)
        launchers.append(QuickLauncher(search.folder))
        search.run(launchers[-1], [])
    assert [launcher.launched for launcher in launchers] == [[[0], [1]], [[2], [3], [4]], [], []]
    check_whole(search, 5)


@pytest.mark.parametrize("sampler", ["random", "grid"])
def test_a_killed_search_goes_on(tmp_path, sampler):
    chance = random.Random(sampler)
    changes = {"sampler": sampler, "space": GRID} if sampler == "grid" else {}
    total = 10 if sampler == "grid" else 12
    for _ in range(5):
        worker = start_worker(tmp_path, seconds=0.4, **changes)
        time.sleep(1.0 + chance.uniform(0, 1.5))
        os.killpg(worker.pid, signal.SIGKILL)
        worker.communicate()
    worker = start_worker(tmp_path, seconds=0.01, **changes)
    assert worker.wait(timeout=60) == 0, worker.stderr.read()
    space = json.loads(GRID) if sampler == "grid" else None
    search = make_search(tmp_path, *([space] if space else []), sampler=sampler)
    check_whole(search, total)
    assert set(states(search)) <= {"COMPLETE", "FAIL"}
    for trial in search.claims.trials():
        if trial.state == TrialState.FAIL:
            assert trial.user_attrs["error"] == "its process was killed"
            status = read_status(search.folder / str(trial.number))
            # Or it had completed, and was killed before it could say so.
            assert status is None or status["state"] in ("failed", "completed")


@pytest.mark.parametrize("noted", [None, "running", "completed"])
def test_the_folder_of_a_killed_trial_says_so(tmp_path, noted):
    search = make_search(tmp_path, n_trials=1)
    dead = search.claims.claim()
    gone = dead.user_attrs["worker"] | {"started": "1"}
    search.claims.storage.set_trial_user_attr(dead._trial_id, "worker", gone)
    folder = search.folder / "0"
    folder.mkdir(parents=True)
    if noted:
        write_status(folder, noted)
    search.run(QuickLauncher(search.folder), [])
    killed = {"state": "failed", "error": "its process was killed"}
    completed = {"state": "completed", "error": None}
    assert read_status(folder) == (completed if noted == "completed" else killed)
    assert not (search.folder / "2").exists()


@pytest.mark.parametrize("kind", ["journal", "postgres"])
def test_three_workers_on_a_fresh_storage_keep_to_the_total(tmp_path, kind, request):
    changes = {"sampler": "grid", "space": GRID, "start": time.time() + 2.5, "n_trials": 9}
    if kind == "postgres":
        changes["storage"] = request.getfixturevalue("postgres")
    workers = [start_worker(tmp_path, seconds=0.05, **changes) for _ in range(3)]
    for worker in workers:
        out, err = worker.communicate(timeout=60)
        assert worker.returncode == 0, out + err
    search = make_search(
        tmp_path, json.loads(GRID), sampler="grid", n_trials=9, storage=changes.get("storage")
    )
    check_whole(search, 9)
    by = {trial.user_attrs["worker"]["pid"] for trial in finished(search)}
    assert len(by) > 1
    assert len(list(search.folder.iterdir())) == 9


def test_batches_count_up_from_their_first_trial(tmp_path):
    search = make_search(tmp_path, n_trials=5, n_jobs=2)
    launcher = QuickLauncher(search.folder)
    search.run(launcher, [])
    assert launcher.launched == [[0, 1], [2, 3], [4]]
    check_whole(search, 5)


def test_numbers_that_another_worker_took_split_a_batch(tmp_path):
    search = make_search(tmp_path, n_trials=4, n_jobs=3)
    other = make_search(tmp_path, n_trials=4)
    first = search.claims.claim()
    taken = other.claims.claim()
    rest = [search.claims.claim(), search.claims.claim()]
    other.claims.finish(taken._trial_id, TrialState.FAIL)
    launcher = QuickLauncher(search.folder)
    search._work(launcher, [], [first, *rest], 0)
    assert launcher.launched == [[0], [2, 3]]


def test_a_failed_trial_is_made_up(tmp_path):
    search = make_search(tmp_path, n_trials=4)
    search.run(QuickLauncher(search.folder, fails=(1, 2)), [])
    assert states(search) == {"COMPLETE": 4, "FAIL": 2}
    failed = [t for t in search.claims.trials() if t.state == TrialState.FAIL]
    assert {t.user_attrs["error"] for t in failed} == {"out of memory"}


class Diverges(QuickLauncher):
    """The higher alpha the better, but above 0.7 trainings fail."""

    def _run(self, number, point):
        if float(point["loss.alpha"]) > 0.7:
            self.fails = (*self.fails, number)
        super()._run(number, point)


def test_a_search_comes_to_its_end_beside_a_region_that_fails(tmp_path):
    """Failed trials have no value: asked again at once, gp would propose the same corner."""
    search = make_search(tmp_path, n_trials=16, sampler="gp")
    search.run(Diverges(search.folder), [])
    assert states(search)["COMPLETE"] == 16


def test_a_failed_point_of_a_grid_is_made_up(tmp_path):
    search = make_search(tmp_path, json.loads(GRID), sampler="grid", n_trials=100)
    search.run(QuickLauncher(search.folder, fails=(3,)), [])
    check_whole(search, 10)


def test_the_point_of_a_dead_worker_is_free_before_it_is_buried(tmp_path):
    space = {"loss.alpha": {"choices": [0.1, 0.2]}}
    search = make_search(tmp_path, space, sampler="grid", n_trials=2)
    dead = search.claims.claim()
    assert search._propose(dead) == ["loss.alpha=0.1"]
    assert search._propose(search.claims.claim()) == ["loss.alpha=0.2"]
    gone = dead.user_attrs["worker"] | {"started": "1"}
    search.claims.storage.set_trial_user_attr(dead._trial_id, "worker", gone)
    assert search._propose(search.claims.claim()) == ["loss.alpha=0.1"]


def test_three_failures_in_a_row_end_it(tmp_path):
    search = make_search(tmp_path)
    launcher = QuickLauncher(search.folder, fails=tuple(range(1, 9)))
    with pytest.raises(ConfigError, match="3 trials in a row failed, the last with: out of memory"):
        search.run(launcher, [])
    assert len(launcher.launched) == 4


def test_a_result_beside_failures_is_kept(tmp_path):
    search = make_search(tmp_path, n_trials=12, n_jobs=4)
    with pytest.raises(ConfigError, match="3 trials in a row failed"):
        search.run(QuickLauncher(search.folder, fails=(0, 1, 2)), [])
    assert states(search) == {"COMPLETE": 1, "FAIL": 3}


def test_a_search_imports_no_torch_before_its_jobs():
    code = "import hydra_plugins.lungseg_sweeper, sys; assert 'optuna' not in sys.modules;"
    code += "import lungseg.search.sweeper, lungseg.search.study, lungseg.search.storage;"
    code += "assert not {'torch', 'pytorch_lightning'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=CLONE)


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    search = make_search(tmp_path, n_trials=2)
    (search.folder / "1").mkdir(parents=True)
    (search.folder / "1" / "kept").touch()
    search.run(QuickLauncher(search.folder), [])
    assert states(search) == {"COMPLETE": 2, "FAIL": 1}
    assert [file.name for file in (search.folder / "1").iterdir()] == ["kept"]


def test_a_launcher_that_breaks_fails_its_trials(tmp_path):
    class Broken:
        def launch(self, jobs, initial_job_idx):
            raise OSError("no queue")

    search = make_search(tmp_path)
    with pytest.raises(ConfigError, match="OSError: no queue"):
        search.run(Broken(), [])
    assert states(search) == {"FAIL": 3}


def test_an_interrupted_trial_is_failed_and_its_folder_says_so(tmp_path):
    class Interrupted:
        def launch(self, jobs, initial_job_idx):
            (search.folder / "0").mkdir(parents=True)  # before its training noted a status
            raise KeyboardInterrupt

    search = make_search(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        search.run(Interrupted(), [])
    (trial,) = search.claims.trials()
    assert (trial.state, trial.user_attrs["error"]) == (TrialState.FAIL, "interrupted")
    assert read_status(search.folder / "0") == {"state": "failed", "error": "interrupted"}


def test_a_job_that_ends_without_a_word_leaves_a_folder_that_says_so(tmp_path):
    class Lost:
        def launch(self, jobs, initial_job_idx):
            run_dir = search.folder / str(initial_job_idx)
            run_dir.mkdir(parents=True)
            write_status(run_dir, "running")

    search = make_search(tmp_path)
    with pytest.raises(ConfigError, match="3 trials in a row failed"):
        search.run(Lost(), [])
    lost = {"state": "failed", "error": "its process ended without a word"}
    assert read_status(search.folder / "0") == lost


def test_other_cases_are_no_part_of_the_study(tmp_path):
    search = make_search(tmp_path, n_trials=2)
    search.claims.set_cohort("another")
    with pytest.raises(ConfigError, match="trained on other cases"):
        search.run(QuickLauncher(search.folder), [])


def test_runs_of_a_lost_study_are_not_overwritten(tmp_path):
    folder = tmp_path / "multirun" / "search" / "quick" / "0"
    folder.mkdir(parents=True)
    (folder / ".run").touch()
    with pytest.raises(ConfigError, match="its folder holds runs of another study"):
        make_search(tmp_path)


@pytest.mark.parametrize("sampler", ["gp", "tpe", "cmaes"])
def test_samplers_go_on_without_repeating_themselves(tmp_path, sampler):
    """Each trial by a new process, in effect: nothing is kept but the storage."""
    for total in (6, 14):
        search = make_search(tmp_path, sampler=sampler, n_trials=total)
        search.run(QuickLauncher(search.folder), [])
    check_whole(search, 14)


def test_a_small_space_is_searched_once(tmp_path):
    space = {"loss.alpha": {"choices": [0.1, 0.2, 0.3]}}
    search = make_search(tmp_path, space, sampler="tpe", n_trials=30)
    search.run(QuickLauncher(search.folder), [])
    assert sorted(trial.value for trial in finished(search)) == [0.1, 0.2, 0.3]


def test_search_json(tmp_path):
    search = make_search(tmp_path, n_trials=3)
    search.run(QuickLauncher(search.folder, fails=(0,)), [])
    content = write_results(search.folder, search.claims.trials(), settings())
    best = max(finished(search), key=lambda trial: trial.value)
    assert (content["completed"], content["pruned"], content["failed"]) == (3, 0, 1)
    assert content["best"] == [
        {
            "trial": best.number,
            "values": [best.value],
            "overrides": [f"{key}={value}" for key, value in best.params.items()],
            "run": str(search.folder / str(best.number)),
        }
    ]
    assert json.loads((search.folder / "search.json").read_text()) == content


def test_the_screen_rounds_what_the_file_has_in_full(tmp_path):
    content = {
        "study_name": "s", "objectives": {"val/dsc": "maximize"}, "sampler": "tpe",
        "best": [{
            "trial": 2, "values": [0.81237], "run": "outputs/2",
            "overrides": ["loss.alpha=0.123456789", "optimizer.lr=1.2345e-05", "data.batch_size=8",
                          "optimizer=adam", "optimizer.lr2=1e-05"],
        }],
        "completed": 3, "pruned": 0, "failed": 1,
    }  # fmt: skip
    lines = summary_lines(content, tmp_path / "s", "s.journal")
    assert lines[1] == (
        "best: trial 2: val/dsc 0.8124  loss.alpha=0.1235 optimizer.lr=1.234e-05"
        " data.batch_size=8 optimizer=adam optimizer.lr2=1e-05  [outputs/2]"
    )
    assert lines[3] == f"which differences are real: lungseg compare runs={tmp_path / 's'}"
