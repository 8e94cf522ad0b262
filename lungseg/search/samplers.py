"""What proposes the next point."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lungseg.errors import ConfigError

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import FrozenTrial

    from lungseg.search.space import Point, Space

MOST_POINTS = 100_000
ATTEMPTS = 20


def build_sampler(name: str, seed: int) -> BaseSampler:
    """A sampler of Optuna's."""
    from optuna import samplers

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Optuna calls experimental
        if name == "gp":
            return samplers.GPSampler(seed=seed, warn_independent_sampling=False)
        if name == "tpe":
            return samplers.TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)
        if name == "cmaes":
            return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
        return samplers.RandomSampler(seed=seed)


def seed_of(seed: int, number: int, attempt: int = 0) -> int:
    """A different seed for each trial: a resumed search does not repeat itself."""
    return random.Random(f"{seed}/{number}/{attempt}").getrandbits(32)


def all_points(space: Space, sampler: str) -> list[Point] | None:
    """Every point of a finite space; None for an infinite one.

    Raises:
        ConfigError: If the sampler is ``grid`` and the space is infinite.
    """
    points = space.points()
    if points is not None:
        listed = [point for point, _ in zip(points, range(MOST_POINTS + 1), strict=False)]
        if len(listed) <= MOST_POINTS:
            return listed
    if sampler == "grid":
        infinite = [p.key for p in space.parameters if p.values() is None]
        raise ConfigError(
            f"hydra.sweeper.sampler=grid: {infinite[0]} needs a step or choices"
            if infinite
            else f"hydra.sweeper.sampler=grid: the space has more than {MOST_POINTS} points"
        )
    return None


def propose(
    study: Study,
    trial: FrozenTrial,
    space: Space,
    sampler: str,
    seed: int,
    taken: Iterable[Point],
    points: list[Point] | None,
) -> Point:
    """A point that no other trial has.

    Args:
        study: The trials so far.
        trial: The one that needs a point.
        space: Searched settings.
        sampler: What proposes.
        seed: Of the search.
        taken: Points of finished and running trials.
        points: All points of a finite space, of which one must be left.
    """
    known = {_hashable(point) for point in taken}
    left = [point for point in points or () if _hashable(point) not in known]
    if sampler == "grid":
        return left[0]
    point: Point = {}
    for attempt in range(ATTEMPTS):
        sampled = build_sampler(sampler, seed_of(seed, trial.number, attempt))
        point = _sample(sampled, study, trial, space)
        if _hashable(point) not in known:
            return point
    return random.Random(seed_of(seed, trial.number)).choice(left) if left else point


def _sample(sampler: BaseSampler, study: Study, trial: FrozenTrial, space: Space) -> Point:
    relative_space = sampler.infer_relative_search_space(study, trial)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        relative = sampler.sample_relative(study, trial, relative_space)
        point: dict[str, Any] = {}
        for parameter in space.parameters:
            key = parameter.key
            if not parameter.exists(point):
                continue
            if key in relative:
                point[key] = relative[key]
            else:
                point[key] = sampler.sample_independent(study, trial, key, parameter.distribution)
    return point


def _hashable(point: Point) -> str:
    return repr(sorted(point.items()))
