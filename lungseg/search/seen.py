"""A study as samplers see it."""

from __future__ import annotations

import copy
from collections.abc import Container

from optuna import Study
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

FAILED = "failed_by_itself"
"""Mark of a trial whose training failed or diverged, and was not killed from outside."""


class SeenStudy(Study):
    """A study in which trials that failed by themselves look as bad as the worst that finished.

    They have no value, so a sampler would learn nothing from them and propose the same again: a
    search whose best point borders on a region that fails, such as learning rates at which
    trainings diverge, would never end. In the storage they stay what they are.
    """

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        trials = super()._get_trials(deepcopy, None, use_cache)
        finished = [trial.values for trial in trials if trial.state == TrialState.COMPLETE]
        if finished:
            worst = [
                min(values) if direction == StudyDirection.MAXIMIZE else max(values)
                for direction, values in zip(
                    self.directions, zip(*finished, strict=True), strict=True
                )
            ]
            trials = [_valued(t, worst) if t.user_attrs.get(FAILED) else t for t in trials]
        return [trial for trial in trials if states is None or trial.state in states]


def _valued(trial: FrozenTrial, values: list[float]) -> FrozenTrial:
    seen = copy.copy(trial)
    seen.state, seen.values = TrialState.COMPLETE, values
    return seen
