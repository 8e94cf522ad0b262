"""A study that several workers share: its facts, its trials, and when it has enough of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import optuna
from optuna.exceptions import DuplicatedStudyError
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from lungseg.errors import ConfigError
from lungseg.moved import current_names
from lungseg.runs.defaults import is_default
from lungseg.runs.settings import concerns_result
from lungseg.search.liveness import alive, identity
from lungseg.search.seen import SeenStudy
from lungseg.search.settings import Settings

FACTS = "lungseg"
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
POLL_SECONDS = 0.2
FACTS_SECONDS = 5.0
KILLED = "its process was killed"


def open_study(storage: Any, settings: Settings, facts: dict[str, Any]) -> int:
    """Open the study, or make it. Workers may do so at the same instant.

    Args:
        storage: Of Optuna.
        settings: With the name and the directions.
        facts: What all its trials share: ``space``, ``objectives``, ``settings``.

    Returns:
        The study's id in the storage.

    Raises:
        ConfigError: If there is another study of this name.
    """
    name = settings.study_name
    directions = [StudyDirection[way.upper()] for way in settings.directions]
    try:
        study_id: int = storage.create_new_study(directions, name)
        storage.set_study_user_attr(study_id, FACTS, facts)
        return study_id
    except DuplicatedStudyError:
        study_id = storage.get_study_id_from_name(name)
    begun = time.monotonic()
    while (known := storage.get_study_user_attrs(study_id).get(FACTS)) is None:
        if storage.get_n_trials(study_id) > 0:
            raise ConfigError(
                f"hydra.sweeper.study_name={name}: the storage has a study of this name that"
                " lungseg did not make; give another name"
            )
        if time.monotonic() - begun > FACTS_SECONDS:  # its maker was killed in between
            storage.set_study_user_attr(study_id, FACTS, facts)
        time.sleep(POLL_SECONDS)
    _refuse_other(name, known, facts)
    return study_id


def study_exists(storage: Any, name: str) -> bool:
    """Whether the storage has a study of this name."""
    try:
        storage.get_study_id_from_name(name)
    except KeyError:
        return False
    return True


def _refuse_other(name: str, known: dict[str, Any], facts: dict[str, Any]) -> None:
    advice = "; resume it by the old command, or give the new one another hydra.sweeper.study_name"
    if known["objectives"] != facts["objectives"]:
        raise ConfigError(
            f"hydra.sweeper.study_name={name}: the study was started with objective"
            f" {_listed(known['objectives'])}, now {_listed(facts['objectives'])}{advice}"
        )
    for part, words in {"space": "search space of", "settings": ""}.items():
        before, now = current_names(known[part]), facts[part]
        for key in sorted(before.keys() | now.keys()):
            # Earlier versions noted more settings than those that a result depends on.
            counts = part == "space" or (concerns_result(key) and not is_default(key, now, before))
            if counts and before.get(key) != now.get(key):
                raise ConfigError(
                    f"hydra.sweeper.study_name={name}: the study has another"
                    f" {' '.join((words, key)).strip()}: {_short(before.get(key))}, now"
                    f" {_short(now.get(key))}{advice}"
                )


def _listed(objectives: dict[str, str]) -> str:
    return " and ".join(f"{name} ({way})" for name, way in objectives.items())


def _short(value: Any) -> str:
    if not isinstance(value, dict):
        return "none" if value is None else str(value)
    if "choices" in value:
        text = f"choices {value['choices']}"
    else:
        text = f"{value['kind']} {value['low']} to {value['high']}"
        text += " log" if value["log"] else ""
        text += f" step {value['step']}" if value["step"] else ""
    return f"{text} when {value['when']}" if value["when"] else text


class Claims:
    """Claims trials of a study for this worker, so that all workers together keep to the total.

    A trial is a slot only if fewer than ``total`` of those with lower numbers have finished or
    are being run. The storage gives numbers out one by one, so the trial with the highest number
    among those that finish had seen all the others: never more than ``total`` finish.

    Args:
        storage: Of Optuna.
        study_id: Id of the study in it.
        total: Trials that are to finish in all.
        trains: Whether a trial is being trained, by its number: a job that a launcher has started
            elsewhere may outlive its worker.
    """

    def __init__(
        self,
        storage: Any,
        study_id: int,
        total: int,
        trains: Callable[[int], bool],
    ) -> None:
        self.storage = storage
        self.study_id = study_id
        self.total = total
        self._trains = trains
        self.worker = identity()

    def trials(self) -> list[FrozenTrial]:
        """All trials."""
        trials: list[FrozenTrial] = self.storage.get_all_trials(self.study_id, deepcopy=False)
        return trials

    def left(self) -> list[FrozenTrial]:
        """Open trials of dead workers that nobody trains any more."""
        running = (trial for trial in self.trials() if trial.state == TrialState.RUNNING)
        return [trial for trial in running if not self._runs(trial)]

    def counts(self) -> tuple[int, int]:
        """How many trials have finished, and how many are running."""
        trials = self.trials()
        running = sum(trial.state == TrialState.RUNNING for trial in trials)
        return sum(trial.state in FINISHED for trial in trials), running

    def claim(self) -> FrozenTrial | None:
        """A new trial; None if the total needs none now."""
        template = create_trial(
            state=TrialState.RUNNING,
            user_attrs={"worker": self.worker, "heartbeat": time.time()},
        )
        trial_id = self.storage.create_new_trial(self.study_id, template_trial=template)
        number = self.storage.get_trial_number_from_id(trial_id)
        before = [trial for trial in self.trials() if trial.number < number]
        slots = [t for t in before if t.state in FINISHED or self._runs(t)]
        if len(slots) >= self.total:
            self.storage.set_trial_user_attr(trial_id, "surplus", True)
            self.finish(trial_id, TrialState.FAIL, error="one more than were needed")
            return None
        claimed: FrozenTrial = self.storage.get_trial(trial_id)
        return claimed

    def _runs(self, trial: FrozenTrial) -> bool:
        if trial.state != TrialState.RUNNING:
            return False
        return _is_alive(trial) or self._trains(trial.number)

    def others(self, number: int) -> list[FrozenTrial]:
        """Trials that finished or run with a point, once all with lower numbers got theirs."""
        while True:
            trials = [trial for trial in self.trials() if trial.number != number]
            if not any(
                t.number < number and self._runs(t) and "point" not in t.user_attrs for t in trials
            ):
                taken = (t for t in trials if t.state in FINISHED or self._runs(t))
                return [t for t in taken if "point" in t.user_attrs]
            time.sleep(POLL_SECONDS)

    def set_point(self, trial_id: int, point: dict[str, Any], space: Any) -> None:
        """Record a trial's point."""
        for parameter in space.parameters:
            if parameter.key in point:
                distribution = parameter.distribution
                internal = distribution.to_internal_repr(point[parameter.key])
                self.storage.set_trial_param(trial_id, parameter.key, internal, distribution)
        self.storage.set_trial_user_attr(trial_id, "point", point)

    def beat(self, trial_ids: Sequence[int]) -> None:
        """Send a heartbeat."""
        for trial_id in trial_ids:
            self.storage.set_trial_user_attr(trial_id, "heartbeat", time.time())

    def finish(
        self,
        trial_id: int,
        state: TrialState,
        values: Sequence[float] | None = None,
        **attributes: Any,
    ) -> bool:
        """Close a trial.

        Returns:
            False if another worker has closed it, because this one seemed dead.
        """
        try:
            for key, value in attributes.items():
                self.storage.set_trial_user_attr(trial_id, key, value)
            self.storage.set_trial_state_values(trial_id, state, values)
        except RuntimeError:  # how Optuna says that it is closed
            return False
        return True

    def set_cohort(self, sha256: str) -> str:
        """The cohort that the study's trials share; the first finished one sets it."""
        known = self.storage.get_study_user_attrs(self.study_id)
        if "cohort_sha256" not in known:
            self.storage.set_study_user_attr(self.study_id, "cohort_sha256", sha256)
        cohort: str = self.storage.get_study_user_attrs(self.study_id)["cohort_sha256"]
        return cohort


def load(storage: Any, settings: Settings) -> optuna.Study:
    """The study as samplers see it."""
    return SeenStudy(study_name=settings.study_name, storage=storage)


def _is_alive(trial: FrozenTrial) -> bool:
    attributes = trial.user_attrs
    return "worker" in attributes and alive(attributes["worker"], attributes["heartbeat"])


def is_open(storage: Any, name: str, number: int) -> bool:
    """Whether a trial of a study still waits for its result: no worker has given it up."""
    study_id = storage.get_study_id_from_name(name)
    trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, number)
    return bool(storage.get_trial(trial_id).state == TrialState.RUNNING)
