"""Runs compared: which can be, grouped by settings, and which differences between them are real."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from lungseg.errors import ConfigError, DataError
from lungseg.metrics.difference import Difference, paired_difference
from lungseg.metrics.statistics import Verdict, holm, verdict
from lungseg.report.settings import Varied, canonical, differences, key_of, label, varied
from lungseg.runs.read import COMPLETED, Run

MANY = 8
"""With more settings than this each is compared with one, not all with all: the correction for
many pairs would hide any difference."""


@dataclass(frozen=True)
class Metric:
    """A number of each case by which settings are compared.

    Attributes:
        key: Column of ``cases.csv``.
        headline: Its mean in ``summary.json``.
        name: In words.
        higher_is_better: True of overlap, False of distances.
        decimals: To show.
    """

    key: str
    headline: str
    name: str
    higher_is_better: bool
    decimals: int


METRICS = {
    metric.key: metric
    for metric in (
        Metric("dsc", "volume_dsc_mean", "volume DSC", True, 4),
        Metric("hd95_mm", "hd95_mm_mean", "HD95, mm", False, 2),
        Metric("msd_mm", "msd_mm_mean", "mean surface distance, mm", False, 2),
        Metric("surface_dice_2mm", "surface_dice_2mm_mean", "surface Dice at 2 mm", True, 4),
    )
}


@dataclass(frozen=True, eq=False)
class Setting:
    """Runs that differ in nothing but the seed.

    Attributes:
        name: What tells it from the others.
        group: Name of the group in which it can be compared.
        runs: Its repeats.
        score: Mean over repeats of the number that settings are put in order by.
    """

    name: str
    group: str
    runs: tuple[Run, ...]
    score: float | None


@dataclass(frozen=True, eq=False)
class Group:
    """Settings evaluated alike: on the same split of the same cohort, with one threshold.

    Attributes:
        name: A, B, …
        settings: In the order of their first runs.
        chosen_by: Set whose numbers put the settings in order: validation where there is one.
        best: The first in that order; None where there is one setting or none has a value.
    """

    name: str
    settings: tuple[Setting, ...]
    chosen_by: str
    best: Setting | None

    @property
    def run(self) -> Run:
        """Any of its runs, to ask what all of them share."""
        return self.settings[0].runs[0]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two settings on the same cases.

    Attributes:
        a: What is compared with.
        b: What is judged.
        difference: b less a.
        adjusted_p: p after Holm, over all pairs of the comparison.
        verdict: Whether b is better.
        undefined: Cases left out because a run has no value there.
        sentence: All of it in words.
    """

    a: Setting
    b: Setting
    difference: Difference
    adjusted_p: float | None
    verdict: Verdict
    undefined: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """All that is said of some runs.

    Attributes:
        runs: All, also those without numbers.
        differences: Keys in which the completed runs differ, without the seed.
        varied: The same as a reader knows them: ``optimizer`` for ``optimizer._target_``.
        groups: Of comparable settings.
        pairs: Compared.
        metric: By which.
        set: Set whose cases are compared.
    """

    runs: tuple[Run, ...]
    differences: tuple[str, ...]
    varied: tuple[Varied, ...]
    groups: tuple[Group, ...]
    pairs: tuple[Pair, ...]
    metric: Metric
    set: str

    @property
    def settings(self) -> list[Setting]:
        """Of all groups."""
        return [setting for group in self.groups for setting in group.settings]

    @property
    def synthetic(self) -> bool:
        """Whether any run was evaluated on made-up cases."""
        return any(run.synthetic for run in self.runs)

    def setting_of(self, run: Run) -> Setting | None:
        """A run's setting; None where it has no numbers."""
        return next((one for one in self.settings if run in one.runs), None)


def compare(
    runs: Sequence[Run],
    *,
    metric: str = "dsc",
    set_name: str = "test",
    reference: str | None = None,
) -> Comparison:
    """Compare runs as far as they can be.

    Args:
        runs: From `find_runs`.
        metric: One of `METRICS`.
        set_name: Whose cases are compared: test, val or train.
        reference: Name of a run or of a setting; all others of its group are compared with it.

    Raises:
        ConfigError: For a metric, set or reference that there is not.
        DataError: If fewer than two runs completed.
    """
    if metric not in METRICS:
        raise ConfigError(f"metric={metric}: must be one of {', '.join(METRICS)}")
    completed = [run for run in runs if run.state == COMPLETED]
    if len(completed) < 2:
        raise DataError(_too_few(runs, completed))
    without = [run.name for run in completed if set_name not in run.sets]
    if without:
        there = ", ".join(dict.fromkeys(name for run in completed for name in run.sets))
        raise ConfigError(f"set={set_name}: run {without[0]} has no such set; there are {there}")
    keys = differences(completed)
    groups = _groups(completed, keys, METRICS[metric], set_name)
    chosen = _reference(reference, groups) if reference is not None else None
    pairs = _pairs(groups, METRICS[metric], set_name, chosen)
    return Comparison(
        tuple(runs),
        tuple(keys),
        tuple(varied(completed, keys)),
        tuple(groups),
        tuple(pairs),
        METRICS[metric],
        set_name,
    )


def _too_few(runs: Sequence[Run], completed: Sequence[Run]) -> str:
    if len(runs) == len(completed):
        return f"runs: one run ({runs[0].name}) is nothing to compare; name two or more"
    others = [run for run in runs if run not in completed]
    first = f"{others[0].name} is {others[0].state}: {others[0].error}"
    return f"runs: {len(completed)} of {len(runs)} runs completed, two are needed; run {first}"


def _groups(runs: Sequence[Run], keys: Sequence[str], metric: Metric, set_name: str) -> list[Group]:
    grounds: dict[str, dict[tuple[str, ...], list[Run]]] = {}
    for run in runs:
        ground = canonical([run.cohort_sha256, run.sets, run.threshold])
        grounds.setdefault(ground, {}).setdefault(key_of(run, keys), []).append(run)
    groups = []
    for number, settings in enumerate(grounds.values()):
        name = _letters(number)
        members = [run for repeats in settings.values() for run in repeats]
        chosen_by = "val" if all("val" in run.sets for run in members) else set_name
        inside = differences(members) or keys
        named = [label(repeats[0], members, inside) for repeats in settings.values()]
        made = [
            # Values that a search drew may be alike in all the digits that a name shows.
            Setting(
                text if named.count(text) == 1 else f"{text} (run {repeats[0].name})",
                name,
                tuple(repeats),
                score(repeats, chosen_by, metric.headline),
            )
            for text, repeats in zip(named, settings.values(), strict=True)
        ]
        ranked = [one for one in made if one.score is not None]
        sign = -1 if metric.higher_is_better else 1
        order = sorted(ranked, key=lambda one: sign * (one.score or 0.0))
        best = order[0] if order and len(made) > 1 else None
        groups.append(Group(name, tuple(made), chosen_by, best))
    return groups


def _letters(number: int) -> str:
    """A to Z, then AA."""
    head, last = divmod(number, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + last)


def score(runs: Sequence[Run], set_name: str, key: str) -> float | None:
    """Mean of a headline number over repeats; None where one of them has none."""
    values = [run.summary.get(set_name, {}).get(key, {}).get("value") for run in runs]
    return None if None in values else float(np.mean(values))


def _reference(text: str, groups: Sequence[Group]) -> Setting:
    settings = [one for group in groups for one in group.settings]
    for setting in settings:
        if text == setting.name or any(_is(text, run) for run in setting.runs):
            return setting
    names = [run.name for one in settings for run in one.runs]
    more = ", …" if len(names) > 12 else ""
    raise ConfigError(
        f"reference={text}: no completed run of that name; there are {', '.join(names[:12])}{more}"
    )


def _is(text: str, run: Run) -> bool:
    return text == run.name or os.path.realpath(text) == os.path.realpath(run.folder)


def _pairs(
    groups: Sequence[Group], metric: Metric, set_name: str, reference: Setting | None
) -> list[Pair]:
    chosen = [pair for group in groups for pair in _planned(group, reference)]
    found, undefined = [], []
    for a, b in chosen:
        one, other = (case_numbers(setting, metric.key, set_name) for setting in (a, b))
        found.append(paired_difference(one, other))
        lacking = np.isnan(np.concatenate([one, other])).any(axis=0)
        names = a.runs[0].sets[set_name]
        undefined.append(tuple(name for name, lacks in zip(names, lacking, strict=True) if lacks))
    pairs = []
    adjusted = holm([difference.p for difference in found])
    for (a, b), difference, p, left_out in zip(chosen, found, adjusted, undefined, strict=True):
        said = verdict(difference, p, higher_is_better=metric.higher_is_better)
        sentence = _sentence(a, b, difference, p, said, metric, len(left_out), set_name)
        pairs.append(Pair(a, b, difference, p, said, left_out, sentence))
    return pairs


def _planned(group: Group, reference: Setting | None) -> list[tuple[Setting, Setting]]:
    if reference is not None:
        if reference.group != group.name:
            return []
        return [(reference, one) for one in group.settings if one is not reference]
    if len(group.settings) <= MANY:
        return list(combinations(group.settings, 2))
    one = default_reference(group)
    return [(one, other) for other in group.settings if other is not one]


def default_reference(group: Group) -> Setting:
    """With what each of many settings is compared: the best by validation, else the first.

    Never the best by test: having been picked for its luck there, it would win there.
    """
    if group.chosen_by == "val" and group.best is not None:
        return group.best
    return group.settings[0]


def case_numbers(setting: Setting, key: str, set_name: str) -> npt.NDArray[np.float64]:
    """A number of each case by repeat, ``[repeats, cases]``, cases by name."""
    names = list(setting.runs[0].sets[set_name])
    rows = []
    for run in setting.runs:
        cases = run.cases[run.cases["split"] == set_name].set_index("case")
        rows.append(cases[key].reindex(names).to_numpy(dtype=np.float64))
    return np.stack(rows)


def _sentence(
    a: Setting,
    b: Setting,
    difference: Difference,
    p: float | None,
    said: Verdict,
    metric: Metric,
    n_undefined: int,
    set_name: str,
) -> str:
    n = difference.n_cases
    if n == 0:
        return f"{b.name} against {a.name} cannot be told: {_why_no_case(a, b, metric, set_name)}."
    cases = f"{n} case{'s' if n > 1 else ''}"
    form = f"+.{metric.decimals}f"
    words = f"{metric.name} {difference.mean:{form}}"
    if difference.ci95 is not None:
        low, high = difference.ci95
        words += f" ({low:{form}} to {high:{form}})"
    tail = []
    if max(difference.n_seeds) > 1:
        tail.append(f"{difference.n_seeds[1]} and {difference.n_seeds[0]} seeds")
    if p is not None:
        tail.append(f"p {shown_p(p)} after Holm")
    if n_undefined:
        tail.append(f"{n_undefined} left out, undefined")
    if said == "cannot be told":
        return (
            f"{b.name} against {a.name} cannot be told with {', '.join([cases, *tail])}: {words}."
        )
    return f"{b.name} is {said} than {a.name}: {words}, {', '.join([f'n = {cases}', *tail])}."


def _why_no_case(a: Setting, b: Setting, metric: Metric, set_name: str) -> str:
    """Which repeats have no value: of each case, all repeats are needed."""
    rows = [(run, row) for setting in (a, b)
            for run, row in zip(setting.runs, case_numbers(setting, metric.key, set_name),
                                strict=True)]  # fmt: skip
    without = [run.name for run, row in rows if np.isnan(row).all()]
    if without:
        more = f" and {len(without) - 3} more" if len(without) > 3 else ""
        some = f"run{'s' if len(without) > 1 else ''} {', '.join(without[:3])}{more}"
        return f"{metric.name} is undefined in every case of {some} (of {len(rows)} runs)"
    return f"in every case {metric.name} is undefined in at least one of the {len(rows)} runs"


def shown_p(p: float) -> str:
    """A p value with the digits that matter, and its sign of relation."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
