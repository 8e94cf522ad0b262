"""Runs trials of a study until it has enough of them; other workers may do the same."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from lungseg.errors import ConfigError, LungsegError
from lungseg.privacy import hide_password
from lungseg.runs.alive import has_process
from lungseg.runs.status import read_status
from lungseg.search.liveness import Heartbeat
from lungseg.search.outcome import INTERRUPTED, note_end, read_outcome
from lungseg.search.samplers import propose
from lungseg.search.settings import Settings
from lungseg.search.space import Point, Space, override
from lungseg.search.study import KILLED, Claims, load, open_study, study_exists

log = logging.getLogger(__name__)

FAILURES = 3
"""A search stops after so many failed trials in a row: the next ones would fail too."""
WAIT_SECONDS = 1.0


class Worker:
    """Proposes points, has them trained, and closes their trials.

    Args:
        settings: Of the search.
        space: Searched settings.
        points: All points of a finite space.
        storage: Of Optuna.
        facts: What all trials share.
        folder: Of the search; each trial's is below it.
        outputs: Folder of all results.
    """

    def __init__(
        self,
        settings: Settings,
        space: Space,
        points: list[Point] | None,
        storage: Any,
        facts: dict[str, Any],
        folder: Path,
        outputs: str,
    ) -> None:
        self.settings, self.space, self.points = settings, space, points
        self.folder, self.outputs = folder, outputs
        _refuse_lost_study(storage, settings.study_name, folder)
        study_id = open_study(storage, settings, facts)
        self.study = load(storage, settings)
        self.total = settings.n_trials
        if points is not None and len(points) < self.total:
            self.total = len(points)
            log.info(f"the search space has {self.total} points: that many trials are enough")
        self.claims = Claims(storage, study_id, self.total, self._trains)
        self._failed_in_a_row = 0
        # A folder that was there before its trial belongs to something else.
        self._launched: set[int] = set()

    def run(self, launcher: Any, fixed: list[str]) -> None:
        """Run trials until there are enough.

        Args:
            launcher: Hydra's.
            fixed: Overrides that all trials share.

        Raises:
            ConfigError: If trials fail one after another, or can have no value.
        """
        waiting = False
        while True:
            self._bury()
            finished, running = self.claims.counts()
            if finished >= self.total:
                return
            room = min(self.settings.n_jobs, self.total - finished - running)
            batch = self._claim(room)
            if not batch:
                if not waiting:
                    log.info(f"{finished} of {self.total} trials finished; waiting for others")
                waiting = True
                time.sleep(WAIT_SECONDS)
                continue
            waiting = False
            self._work(launcher, fixed, batch, finished)

    def _trains(self, number: int) -> bool:
        return has_process(self._run_dir(number)) is True

    def _bury(self) -> None:
        """Close the trials that dead workers have left.

        A job that outlived its worker counts if it came to its end. The others have failed.
        """
        for trial in self.claims.left():
            number = trial.number
            status = read_status(self._run_dir(number)) or {}
            if status.get("state") in ("completed", "pruned"):
                log.info(f"trial {number} came to its end after its search had been stopped")
                self._close(trial, None)
            elif self.claims.finish(trial._trial_id, TrialState.FAIL, error=KILLED):
                log.info(f"trial {number} will be replaced: {KILLED}")
                note_end(self._run_dir(number), KILLED)

    def _claim(self, room: int) -> list[FrozenTrial]:
        """Up to so many new trials, all at once: a launcher numbers its jobs consecutively."""
        batch: list[FrozenTrial] = []
        while len(batch) < room and (trial := self.claims.claim()) is not None:
            batch.append(trial)
        return batch

    def _work(
        self, launcher: Any, fixed: list[str], batch: list[FrozenTrial], finished: int
    ) -> None:
        ids = [trial._trial_id for trial in batch]
        try:
            with Heartbeat(lambda: self.claims.beat(ids)):
                overrides = {trial.number: self._propose(trial) for trial in batch}
                for part in _consecutive(batch):
                    numbers = ", ".join(str(trial.number) for trial in part)
                    starts = f"trials {numbers} start" if part[1:] else f"trial {numbers} starts"
                    log.info(f"{finished} of {self.total} trials finished; {starts}")
                    error = self._launch(launcher, fixed, part, overrides)
                    # All are closed before any of them may end the search.
                    errors = {trial.number: self._close(trial, error) for trial in part}
                    for number, failure in errors.items():
                        self._count(number, failure)
        except BaseException as error:
            reason = _reason(error)
            for trial in batch:  # those that are closed stay as they are
                if self.claims.finish(trial._trial_id, TrialState.FAIL, error=reason):
                    self._note_end(trial.number, reason)
            raise

    def _propose(self, trial: FrozenTrial) -> list[str]:
        taken = [other.user_attrs["point"] for other in self.claims.others(trial.number)]
        point = propose(
            self.study,
            self.claims.storage.get_trial(trial._trial_id),
            self.space,
            self.settings.sampler,
            self.settings.seed,
            taken,
            self.points,
        )
        self.claims.set_point(trial._trial_id, point, self.space)
        return [override(key, value) for key, value in point.items()]

    def _launch(
        self,
        launcher: Any,
        fixed: list[str],
        part: list[FrozenTrial],
        overrides: dict[int, list[str]],
    ) -> str | None:
        """Have a part of a batch trained; what the launcher could not do, in one line."""
        for trial in part:
            if self._run_dir(trial.number).exists():
                return f"there is a folder {trial.number} already"
        jobs = [[*fixed, *overrides[trial.number]] for trial in part]
        self._launched |= {trial.number for trial in part}
        try:
            launcher.launch(jobs, initial_job_idx=part[0].number)
        except Exception as error:  # the trials' folders say how far each has come
            log.debug("the launcher:", exc_info=True)
            return hide_password(f"{type(error).__name__}: {error}".splitlines()[0])
        return None

    def _close(self, trial: FrozenTrial, launch_error: str | None) -> str | None:
        """Close a trial by what its folder says, and give the reason if it failed."""
        outcome = read_outcome(
            self._run_dir(trial.number),
            self.outputs,
            objectives=self.settings.objectives,
            reported=self.claims.storage.get_trial(trial._trial_id).intermediate_values,
            launch_error=launch_error,
            check_cohort=self._check_cohort,
        )
        if outcome.error is not None:
            self._note_end(trial.number, outcome.error)
        closed = self.claims.finish(
            trial._trial_id, outcome.state, outcome.values, **outcome.attributes
        )
        # Another that found the same folder has closed it likewise.
        if not closed and self.claims.storage.get_trial(trial._trial_id).state != outcome.state:
            log.warning(
                f"trial {trial.number}: another worker has replaced it; its result is ignored"
            )
        return outcome.error

    def _check_cohort(self, sha256: str) -> None:
        if self.claims.set_cohort(sha256) != sha256:
            raise ConfigError(
                f"hydra.sweeper.study_name={self.settings.study_name}: the study's trials were"
                " trained on other cases; give another name"
            )

    def _count(self, number: int, error: str | None) -> None:
        if error is None:
            self._failed_in_a_row = 0
            return
        log.warning(f"trial {number} failed and will be replaced: {error}")
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= FAILURES:
            raise ConfigError(
                f"search {self.settings.study_name}: {self._failed_in_a_row} trials in a row"
                f" failed, the last with: {error}"
            )

    def _note_end(self, number: int, reason: str) -> None:
        if number in self._launched:
            note_end(self._run_dir(number), reason)

    def _run_dir(self, number: int) -> Path:
        return self.folder / str(number)


def _refuse_lost_study(storage: Any, name: str, folder: Path) -> None:
    """Stop where a folder has runs whose study is not in the storage: they would be overwritten."""
    if study_exists(storage, name):
        return
    taken = any(folder.glob("*/.run"))
    # Another worker may have made the study, and a run, since.
    if taken and not study_exists(storage, name):
        raise ConfigError(
            f"hydra.sweeper.study_name={name}: its folder contains runs of another study, which is"
            " not in this storage; give another name",
            folder,
        )


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return f"stopped: {error if isinstance(error, LungsegError) else type(error).__name__}"


def _consecutive(batch: list[FrozenTrial]) -> Iterator[list[FrozenTrial]]:
    """Parts of a batch with consecutive numbers; other workers may have taken some between."""
    numbered = enumerate(batch)
    for _, part in itertools.groupby(numbered, key=lambda pair: pair[1].number - pair[0]):
        yield [trial for _, trial in part]
