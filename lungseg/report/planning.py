"""A plan: how many test patients a statement needs, by the scatter of settings already run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from lungseg.metrics.planning import (
    cases_for_width,
    cautious_sd,
    correlated_sd,
    pairs_for_power,
)
from lungseg.report.compared import Metric

FloatArray = npt.NDArray[np.float64]
LEAST = 3
"""Patients below which a report plans nothing: any scatter is possible."""


@dataclass(frozen=True)
class Goal:
    """What is wished.

    Attributes:
        width: Of the 95 % interval of the mean.
        difference: True difference of two models' means that is to be found.
        power: Chance to find it.
        correlation: Assumed between the scores of two models, where only one run is known.
    """

    width: float = 0.02
    difference: float = 0.01
    power: float = 0.8
    correlation: float = 0.8


DISTANCE = Goal(width=2.0, difference=1.0)
"""The same for distances, in mm."""


@dataclass(frozen=True)
class Need:
    """How many patients one statement needs.

    Attributes:
        name: Setting, or two of them.
        sd: Standard deviation over patients: of the scores, or of their differences.
        sd_cautious: Its upper 80 % confidence limit.
        n_patients: Patients that it comes from.
        n: Patients needed; None where a million are not enough.
        n_cautious: The same for `sd_cautious`.
        how: ``measured``; of differences also ``seeds`` or ``assumed``.
        mean: Of the scores or differences.
    """

    name: str
    sd: float
    sd_cautious: float
    n_patients: int
    n: int | None
    n_cautious: int | None
    how: str
    mean: float


@dataclass(frozen=True)
class Plan:
    """Needs of all settings and pairs.

    Attributes:
        goal: What is wished.
        metric: Of which number.
        ends: Its least and largest possible value.
        widths: One per setting.
        pairs: One per pair; of a single setting one, by assumption or by its seeds.
    """

    goal: Goal
    metric: Metric
    ends: tuple[float, float]
    widths: tuple[Need, ...]
    pairs: tuple[Need, ...]

    @property
    def width(self) -> Need:
        """That of the setting that scatters most."""
        return max(self.widths, key=lambda need: need.sd)

    @property
    def pair(self) -> Need:
        """That of the pair that scatters most."""
        return max(self.pairs, key=lambda need: need.sd)

    def as_json(self) -> dict[str, Any]:
        """The contents of ``plan.json``, but for what concerns the runs."""
        return {
            "metric": self.metric.key,
            "goal": asdict(self.goal),
            "widths": [asdict(need) for need in self.widths],
            "pairs": [asdict(need) for need in self.pairs],
            "sentences": [width_sentence(self), pair_sentence(self)],
        }


def by_patient(scores: npt.ArrayLike, patients: Sequence[str]) -> FloatArray:
    """Mean over the cases of each patient; NaN where one of them is undefined.

    Args:
        scores: ``[repeats, cases]``.
        patients: Label of the patient of each case, ``[cases]``.

    Returns:
        ``[repeats, patients]``.

    Example:
        >>> by_patient([[0.8, 1.0, 0.7]], ["a", "a", "b"])
        array([[0.9, 0.7]])
    """
    scores = np.asarray(scores, np.float64)
    labels = np.array(patients)
    names = list(dict.fromkeys(patients))
    return np.stack([scores[:, labels == name].mean(axis=1) for name in names], axis=1)


def make_plan(
    scores: Mapping[str, FloatArray],
    patients: Sequence[str],
    metric: Metric,
    goal: Goal,
    *,
    farthest: float = np.inf,
) -> Plan:
    """Plan from settings that were tested on the same cases.

    Args:
        scores: A number of each case by repeat, ``[repeats, cases]``, of each setting.
        patients: Label of the patient of each case.
        metric: What the numbers are.
        goal: What is wished.
        farthest: Largest possible distance, mm.

    Raises:
        ValueError: If a setting has fewer than two patients with a number, or all are alike.
    """
    ends = (0.0, 1.0 if metric.higher_is_better else farthest)
    known = {name: by_patient(table, patients) for name, table in scores.items()}
    widths = [_width(name, table, goal, ends) for name, table in known.items()]
    pairs = [
        _pair(f"{b} against {a}", _differences(known[a], known[b]), "measured", goal)
        for a, b in combinations(known, 2)
    ]
    if not pairs:
        ((name, table),) = known.items()
        pairs = [_within(name, table, widths[0], goal)]
    return Plan(goal, metric, ends, tuple(widths), tuple(pairs))


def _scatter(tables: Sequence[FloatArray], name: str) -> tuple[float, float, int]:
    """Mean, standard deviation over patients and their number, averaged over single models."""
    stacked = np.stack(tables)
    stacked = stacked[:, ~np.isnan(stacked).any(axis=0)]
    n = stacked.shape[1]
    if n < 2:
        patients = f"{n} test patient{'' if n == 1 else 's'}"
        raise ValueError(f"{name}: {patients} with a number; a scatter needs two or more")
    sd = float(np.sqrt(stacked.var(axis=1, ddof=1).mean()))
    if sd == 0:
        raise ValueError(f"{name}: all {n} test patients are alike; a plan needs a scatter")
    return float(stacked.mean()), sd, n


def _width(name: str, table: FloatArray, goal: Goal, ends: tuple[float, float]) -> Need:
    mean, sd, n = _scatter(list(table), name)

    def needed(scatter: float) -> int | None:
        return cases_for_width(goal.width, mean, scatter, low=ends[0], high=ends[1])

    high = cautious_sd(sd, n)
    return Need(name, sd, high, n, needed(sd), needed(high), "measured", mean)


def _differences(a: FloatArray, b: FloatArray) -> list[FloatArray]:
    """Of each model of one with each of the other."""
    return [other - one for one in a for other in b]


def _pair(name: str, differences: Sequence[FloatArray], how: str, goal: Goal) -> Need:
    mean, sd, n = _scatter(differences, name)
    return _need_of_pair(name, mean, sd, n, how, goal)


def _within(name: str, table: FloatArray, width: Need, goal: Goal) -> Need:
    """Of a single setting: by its seeds, or else assumed."""
    if len(table) > 1:
        differences = [b - a for a, b in combinations(table, 2)]
        return _pair(name, differences, "seeds", goal)
    sd = correlated_sd(width.sd, goal.correlation)
    return _need_of_pair(name, 0.0, sd, width.n_patients, "assumed", goal)


def _need_of_pair(name: str, mean: float, sd: float, n: int, how: str, goal: Goal) -> Need:
    high = cautious_sd(sd, n)
    needed, cautious = (
        pairs_for_power(goal.difference, scatter, goal.power) for scatter in (sd, high)
    )
    return Need(name, sd, high, n, needed, cautious, how, mean)


def width_sentence(plan: Plan) -> str:
    """How many patients the wished interval needs."""
    need = plan.width
    name, unit = _name_and_unit(plan.metric)
    most = f" (of {len(plan.widths)} settings {need.name} scatters most)"
    return (
        f"A 95 % interval of the mean {name} that is {plan.goal.width:g}{unit} wide needs"
        f" {_many(need.n)} test patients, if they scatter like these {need.n_patients}"
        f"{most if len(plan.widths) > 1 else ''}: SD {need.sd:.3g}. {_limit(need)}"
    )


def pair_sentence(plan: Plan) -> str:
    """How many pairs the wished difference needs."""
    need, goal = plan.pair, plan.goal
    name, unit = _name_and_unit(plan.metric)
    how = {
        "measured": f"if the difference scatters over patients as that of {need.name}",
        "seeds": "if the difference scatters over patients as between two seeds of one setting,"
        " which is the least to expect",
        "assumed": f"if their scores have a correlation of {goal.correlation:g}, which is an"
        " assumption (a second setting or seed would show it)",
    }
    return (
        f"To find a true difference of {goal.difference:g}{unit} between two models in the mean"
        f" {name} with a power of {100 * goal.power:g} %, both have to be tested on"
        f" {_many(need.n)} patients, {how[need.how]}: SD {need.sd:.3g}."
        f" {_limit(need)}"
    )


def _limit(need: Need) -> str:
    return (
        f"These {need.n_patients} may be alike by chance: with the upper 80 % limit of the SD,"
        f" {need.sd_cautious:.3g}, it is {_many(need.n_cautious)}."
    )


def _name_and_unit(metric: Metric) -> tuple[str, str]:
    name, _, unit = metric.name.partition(", ")
    return name, f" {unit}" if unit else ""


def _many(n: int | None) -> str:
    return "more than 1,000,000" if n is None else f"{n:,}"
