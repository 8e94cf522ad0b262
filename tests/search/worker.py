"""A worker of a search whose trainings write a run folder and take a moment.

python -m tests.search.worker FOLDER [setting=value ...] [seconds=0.1]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from lungseg.runs.status import write_status
from lungseg.search.samplers import all_points
from lungseg.search.space import read_space
from lungseg.search.storage import open_storage
from lungseg.search.worker import Worker
from tests.search.conftest import SPACE, settings


class QuickLauncher:
    """Stands in for Hydra's: the DSC follows from alpha, every other number of trial is bad."""

    def __init__(self, folder: Path, seconds: float = 0.0, fails: tuple[int, ...] = ()) -> None:
        self.folder = folder
        self.seconds = seconds
        self.fails = fails
        self.launched: list[list[int]] = []

    def launch(self, jobs, initial_job_idx):
        self.launched.append([initial_job_idx + i for i in range(len(jobs))])
        for number, overrides in enumerate(jobs, start=initial_job_idx):
            self._run(number, dict(word.split("=") for word in overrides))

    def _run(self, number, point):
        run_dir = self.folder / str(number)
        run_dir.mkdir(parents=True)  # fails where there is one already
        write_status(run_dir, "running")
        time.sleep(self.seconds)
        if number in self.fails:
            write_status(run_dir, "failed", "out of memory")
            return
        alpha = float(point.get("loss.alpha", 0.5))
        rows = [f"0,{1 - alpha}", f"1,{alpha}", "2,0.123"]
        (run_dir / "metrics.csv").write_text("epoch,val/dsc\n" + "\n".join(rows) + "\n")
        origin = {
            "config": {"loss": {"alpha": alpha}},
            "git": {"commit": "c0ffee", "dirty": False},
            "cohort_sha256": "5a",
            "evaluation": {"epochs": 2},
        }
        (run_dir / "provenance.json").write_text(json.dumps(origin))
        write_status(run_dir, "completed")


def make_worker(folder: Path, space=SPACE, facts=None, **changes) -> Worker:
    """A worker of a search in a folder, ready to run."""
    given = settings(**changes)
    searched = read_space(space)
    storage = open_storage(given.storage, str(folder), given.study_name)
    facts = facts or {
        "space": searched.facts(),
        "objectives": {"val/dsc": "maximize"},
        "settings": {},
    }
    points = all_points(searched, given.sampler)
    return Worker(
        given,
        searched,
        points,
        storage,
        facts,
        folder / "multirun" / "search" / given.study_name,
        str(folder),
    )


if __name__ == "__main__":
    home = Path(sys.argv[1])
    words = dict(word.split("=", 1) for word in sys.argv[2:])
    pause = float(words.pop("seconds", 0.1))
    space = json.loads(words.pop("space", json.dumps(SPACE)))
    numbers = {key: int(words.pop(key)) for key in ("n_trials", "n_jobs", "seed") if key in words}
    go = words.pop("start", None)
    if go:  # all workers at the same instant
        time.sleep(max(0.0, float(go) - time.time()))
    worker = make_worker(home, space, **words, **numbers)
    worker.run(QuickLauncher(worker.folder, pause), [])
