"""Workers whose trainings take no time: totals, numbers, folders, what replaces a failed trial."""

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
from tests.conftest import CLONE
from tests.search.conftest import start_worker
from tests.search.worker import QuickLauncher, make_worker

GRID = json.dumps(
    {"loss.alpha": {"low": 0, "high": 1, "step": 0.25}, "optimizer": {"choices": ["sgd", "adam"]}}
)


def states(worker):
    return Counter(trial.state.name for trial in worker.claims.trials())


def finished(worker):
    return [trial for trial in worker.claims.trials() if trial.state == TrialState.COMPLETE]


def check_whole(worker, total):
    """The total is met exactly, each folder belongs to its trial, and no point came twice."""
    done = finished(worker)
    assert len(done) == total
    points = [json.dumps(trial.params, sort_keys=True) for trial in done]
    assert len(set(points)) == total
    for trial in done:
        run = worker.folder / str(trial.number)
        alpha = json.loads((run / "provenance.json").read_text())["config"]["loss"]["alpha"]
        assert alpha == trial.params["loss.alpha"] == trial.value
        assert trial.user_attrs["run"] == f"multirun/search/quick/{trial.number}"


def test_the_value_is_that_of_the_chosen_checkpoints_epoch(tmp_path):
    worker = make_worker(tmp_path, n_trials=2)
    worker.run(QuickLauncher(worker.folder), [])
    check_whole(worker, 2)  # the row of epoch 1, neither the first nor the last
    for trial in finished(worker):
        assert trial.user_attrs["config"] == {"loss.alpha": trial.value}
        assert trial.user_attrs["git_commit"] == "c0ffee"
        assert trial.user_attrs["cohort_sha256"] == "5a"


def test_the_same_command_resumes_and_then_has_nothing_to_do(tmp_path):
    launchers = []
    for total in (2, 5, 5, 3):
        worker = make_worker(tmp_path, n_trials=total)
        launchers.append(QuickLauncher(worker.folder))
        worker.run(launchers[-1], [])
    assert [launcher.launched for launcher in launchers] == [[[0], [1]], [[2], [3], [4]], [], []]
    check_whole(worker, 5)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["random", "grid"])
def test_a_killed_search_resumes(tmp_path, sampler):
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
    worker = make_worker(tmp_path, *([space] if space else []), sampler=sampler)
    check_whole(worker, total)
    assert set(states(worker)) <= {"COMPLETE", "FAIL"}
    for trial in worker.claims.trials():
        if trial.state == TrialState.FAIL:
            assert trial.user_attrs["error"] == "its process was killed"
            status = read_status(worker.folder / str(trial.number))
            # Or it had completed, and was killed before it could say so.
            assert status is None or status["state"] in ("failed", "completed")


def with_dead_worker(worker):
    """A trial whose worker is gone."""
    dead = worker.claims.claim()
    gone = dead.user_attrs["worker"] | {"started": 1.0}
    worker.claims.storage.set_trial_user_attr(dead._trial_id, "worker", gone)
    return dead


@pytest.mark.parametrize("replaced", [False, True])
def test_a_result_is_ignored_only_where_the_trial_was_replaced(tmp_path, caplog, replaced):
    workers = [make_worker(tmp_path, n_trials=1) for _ in range(2)]
    trial = with_dead_worker(workers[0])
    QuickLauncher(workers[0].folder).launch([["loss.alpha=0.5"]], initial_job_idx=trial.number)
    if replaced:
        assert workers[0].claims.finish(trial._trial_id, TrialState.FAIL)
    else:
        workers[0]._close(trial, None)
    assert "ignored" not in caplog.text
    assert workers[1]._close(trial, None) is None
    assert ("its result is ignored" in caplog.text) is replaced


@pytest.mark.parametrize("noted", [None, "running"])
def test_the_folder_of_a_killed_trial_says_so(tmp_path, noted):
    worker = make_worker(tmp_path, n_trials=1)
    with_dead_worker(worker)
    folder = worker.folder / "0"
    folder.mkdir(parents=True)
    if noted:
        write_status(folder, noted)
    worker.run(QuickLauncher(worker.folder), [])
    assert read_status(folder) == {"state": "failed", "error": "its process was killed"}
    assert not (worker.folder / "2").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["journal", "postgres"])
def test_three_workers_on_a_fresh_storage_keep_to_the_total(tmp_path, kind, request):
    changes = {"sampler": "grid", "space": GRID, "start": time.time() + 2.5, "n_trials": 9}
    if kind == "postgres":
        changes["storage"] = request.getfixturevalue("postgres")
    workers = [start_worker(tmp_path, seconds=0.05, **changes) for _ in range(3)]
    for worker in workers:
        out, err = worker.communicate(timeout=60)
        assert worker.returncode == 0, out + err
    worker = make_worker(
        tmp_path, json.loads(GRID), sampler="grid", n_trials=9, storage=changes.get("storage")
    )
    check_whole(worker, 9)
    by = {trial.user_attrs["worker"]["pid"] for trial in finished(worker)}
    assert len(by) > 1
    assert len(list(worker.folder.iterdir())) == 9


def test_batches_count_up_from_their_first_trial(tmp_path):
    worker = make_worker(tmp_path, n_trials=5, n_jobs=2)
    launcher = QuickLauncher(worker.folder)
    worker.run(launcher, [])
    assert launcher.launched == [[0, 1], [2, 3], [4]]
    check_whole(worker, 5)


def test_numbers_that_another_worker_took_split_a_batch(tmp_path):
    worker = make_worker(tmp_path, n_trials=4, n_jobs=3)
    other = make_worker(tmp_path, n_trials=4)
    first = worker.claims.claim()
    taken = other.claims.claim()
    rest = [worker.claims.claim(), worker.claims.claim()]
    other.claims.finish(taken._trial_id, TrialState.FAIL)
    launcher = QuickLauncher(worker.folder)
    worker._work(launcher, [], [first, *rest], 0)
    assert launcher.launched == [[0], [2, 3]]


def test_a_failed_trial_is_replaced(tmp_path):
    worker = make_worker(tmp_path, n_trials=4)
    worker.run(QuickLauncher(worker.folder, fails=(1, 2)), [])
    assert states(worker) == {"COMPLETE": 4, "FAIL": 2}
    failed = [t for t in worker.claims.trials() if t.state == TrialState.FAIL]
    assert {t.user_attrs["error"] for t in failed} == {"out of memory"}


class Diverges(QuickLauncher):
    """The higher alpha the better, but above 0.7 trainings fail."""

    def _run(self, number, point):
        if float(point["loss.alpha"]) > 0.7:
            self.fails = (*self.fails, number)
        super()._run(number, point)


def test_a_search_comes_to_its_end_beside_a_region_that_fails(tmp_path):
    """Failed trials have no value: asked again at once, gp would propose the same corner."""
    worker = make_worker(tmp_path, n_trials=16, sampler="gp")
    worker.run(Diverges(worker.folder), [])
    assert states(worker)["COMPLETE"] == 16


def test_a_failed_point_of_a_grid_is_repeated(tmp_path):
    worker = make_worker(tmp_path, json.loads(GRID), sampler="grid", n_trials=100)
    worker.run(QuickLauncher(worker.folder, fails=(3,)), [])
    check_whole(worker, 10)


def test_the_point_of_a_dead_worker_is_free_before_it_is_buried(tmp_path):
    space = {"loss.alpha": {"choices": [0.1, 0.2]}}
    worker = make_worker(tmp_path, space, sampler="grid", n_trials=2)
    dead = worker.claims.claim()
    assert worker._propose(dead) == ["loss.alpha=0.1"]
    assert worker._propose(worker.claims.claim()) == ["loss.alpha=0.2"]
    gone = dead.user_attrs["worker"] | {"started": 1.0}
    worker.claims.storage.set_trial_user_attr(dead._trial_id, "worker", gone)
    assert worker._propose(worker.claims.claim()) == ["loss.alpha=0.1"]


def test_three_failures_in_a_row_end_it(tmp_path):
    worker = make_worker(tmp_path)
    launcher = QuickLauncher(worker.folder, fails=tuple(range(1, 9)))
    with pytest.raises(ConfigError, match="3 trials in a row failed, the last with: out of memory"):
        worker.run(launcher, [])
    assert len(launcher.launched) == 4


def test_a_result_beside_failures_is_kept(tmp_path):
    worker = make_worker(tmp_path, n_trials=12, n_jobs=4)
    with pytest.raises(ConfigError, match="3 trials in a row failed"):
        worker.run(QuickLauncher(worker.folder, fails=(0, 1, 2)), [])
    assert states(worker) == {"COMPLETE": 1, "FAIL": 3}


def test_a_search_imports_no_torch_before_its_jobs():
    code = "import hydra_plugins.lungseg_sweeper, sys; assert 'optuna' not in sys.modules;"
    code += "import lungseg.search.sweeper, lungseg.search.study, lungseg.search.storage;"
    code += "assert not {'torch', 'pytorch_lightning'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=CLONE)


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    worker = make_worker(tmp_path, n_trials=2)
    (worker.folder / "1").mkdir(parents=True)
    (worker.folder / "1" / "kept").touch()
    worker.run(QuickLauncher(worker.folder), [])
    assert states(worker) == {"COMPLETE": 2, "FAIL": 1}
    assert [file.name for file in (worker.folder / "1").iterdir()] == ["kept"]


def test_a_launcher_that_breaks_fails_its_trials(tmp_path):
    class Broken:
        def launch(self, jobs, initial_job_idx):
            raise OSError("no queue")

    worker = make_worker(tmp_path)
    with pytest.raises(ConfigError, match="OSError: no queue"):
        worker.run(Broken(), [])
    assert states(worker) == {"FAIL": 3}


def test_an_interrupted_trial_is_failed_and_its_folder_says_so(tmp_path):
    class Interrupted:
        def launch(self, jobs, initial_job_idx):
            (worker.folder / "0").mkdir(parents=True)  # before its training noted a status
            raise KeyboardInterrupt

    worker = make_worker(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        worker.run(Interrupted(), [])
    (trial,) = worker.claims.trials()
    assert (trial.state, trial.user_attrs["error"]) == (TrialState.FAIL, "interrupted")
    assert read_status(worker.folder / "0") == {"state": "failed", "error": "interrupted"}


def test_a_job_that_ends_without_a_reason_leaves_a_folder_that_says_so(tmp_path):
    class Lost:
        def launch(self, jobs, initial_job_idx):
            run_dir = worker.folder / str(initial_job_idx)
            run_dir.mkdir(parents=True)
            write_status(run_dir, "running")

    worker = make_worker(tmp_path)
    with pytest.raises(ConfigError, match="3 trials in a row failed"):
        worker.run(Lost(), [])
    lost = {"state": "failed", "error": "its process ended without giving a reason"}
    assert read_status(worker.folder / "0") == lost


def test_other_cases_are_no_part_of_the_study(tmp_path):
    worker = make_worker(tmp_path, n_trials=2)
    worker.claims.set_cohort("another")
    with pytest.raises(ConfigError, match="trained on other cases"):
        worker.run(QuickLauncher(worker.folder), [])


def test_runs_of_a_lost_study_are_not_overwritten(tmp_path):
    folder = tmp_path / "multirun" / "search" / "quick" / "0"
    folder.mkdir(parents=True)
    (folder / ".run").touch()
    with pytest.raises(ConfigError, match="its folder contains runs of another study"):
        make_worker(tmp_path)


@pytest.mark.parametrize("sampler", ["gp", "tpe", "cmaes"])
def test_samplers_resume_without_repeating_themselves(tmp_path, sampler):
    """Each trial by a new process, in effect: nothing is kept but the storage."""
    for total in (6, 14):
        worker = make_worker(tmp_path, sampler=sampler, n_trials=total)
        worker.run(QuickLauncher(worker.folder), [])
    check_whole(worker, 14)


def test_a_small_space_is_searched_once(tmp_path):
    space = {"loss.alpha": {"choices": [0.1, 0.2, 0.3]}}
    worker = make_worker(tmp_path, space, sampler="tpe", n_trials=30)
    worker.run(QuickLauncher(worker.folder), [])
    assert sorted(trial.value for trial in finished(worker)) == [0.1, 0.2, 0.3]
