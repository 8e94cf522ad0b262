"""Pairs of settings on the same cases: which are compared, and the result in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from lungseg.metrics.difference import Difference, paired_difference
from lungseg.metrics.statistics import Verdict, holm, verdict
from lungseg.report.compared import Group, Metric, Pair, Setting, case_numbers
from lungseg.report.crossvalidated import folds_of, is_folded

MANY = 8
"""With more settings than this, each is compared with a reference and not with all others: the
correction for many pairs would hide any difference."""


def compare_pairs(
    groups: Sequence[Group], metric: Metric, set_name: str, reference: Setting | None
) -> list[Pair]:
    """Compare settings on their common cases.

    Args:
        groups: Of settings that can be compared.
        metric: By which number of each case.
        set_name: Whose cases.
        reference: Compare all others of its group with this one alone.
    """
    planned = [pair for group in groups for pair in _planned(group, reference)]
    differences, undefined = [], []
    for a, b in planned:
        numbers_a, numbers_b = (case_numbers(each, metric, set_name) for each in (a, b))
        limit = 1.0 if metric.higher_is_better else farthest((a, b), set_name)
        folds = folds_of(a, b)
        differences.append(paired_difference(numbers_a, numbers_b, folds=folds, limit=limit))
        lacking = np.isnan(np.concatenate([numbers_a, numbers_b])).any(axis=0)
        names = a.runs[0].sets[set_name]
        undefined.append(tuple(name for name, lacks in zip(names, lacking, strict=True) if lacks))
    pairs = []
    adjusted = holm([difference.p for difference in differences])
    for (a, b), difference, p, left_out in zip(
        planned, differences, adjusted, undefined, strict=True
    ):
        judged = verdict(difference, p, higher_is_better=metric.higher_is_better)
        sentence = _sentence(a, b, difference, p, judged, metric, len(left_out), set_name)
        pairs.append(Pair(a, b, difference, p, judged, left_out, sentence))
    return pairs


def farthest(settings: Sequence[Setting], set_name: str) -> float:
    """The largest distance possible in any case of a set; inf for runs that do not say."""
    tables = [run.cases for setting in settings for run in setting.runs]
    if not all("farthest_mm" in table for table in tables):
        return np.inf
    return float(max(table["farthest_mm"][table["split"] == set_name].max() for table in tables))


def _planned(group: Group, reference: Setting | None) -> list[tuple[Setting, Setting]]:
    if reference is not None:
        if reference.group != group.name:
            return []
        return [(reference, other) for other in group.settings if other is not reference]
    if len(group.settings) <= MANY:
        return list(combinations(group.settings, 2))
    best = default_reference(group)
    return [(best, other) for other in group.settings if other is not best]


def default_reference(group: Group) -> Setting:
    """The setting with which many others are compared: the best by validation, else the first.

    Never the best by test: having been picked for its luck there, it would win there.
    """
    if group.chosen_by == "val" and group.best is not None:
        return group.best
    return group.settings[0]


def _sentence(
    a: Setting,
    b: Setting,
    difference: Difference,
    p: float | None,
    judged: Verdict,
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
    folded = is_folded(a, b)
    tail = ["cross-validated"] if folded else []
    if max(difference.n_seeds) > 1:
        repeats = "repeats" if folded else "seeds"
        tail.append(f"{difference.n_seeds[1]} and {difference.n_seeds[0]} {repeats}")
    if p is not None:
        tail.append(f"p {shown_p(p)} after Holm")
    if n_undefined:
        tail.append(f"{n_undefined} left out, undefined")
    if judged == "cannot be told":
        return (
            f"{b.name} against {a.name} cannot be told with {', '.join([cases, *tail])}: {words}."
        )
    return f"{b.name} is {judged} than {a.name}: {words}, {', '.join([f'n = {cases}', *tail])}."


def _why_no_case(a: Setting, b: Setting, metric: Metric, set_name: str) -> str:
    """Which repeats have no value: of each case, all repeats are needed."""
    rows = [(run, row) for setting in (a, b)
            for run, row in zip(setting.runs, case_numbers(setting, metric, set_name),
                                strict=True)]  # fmt: skip
    without = [run.name for run, row in rows if np.isnan(row).all()]
    if without:
        more = f" and {len(without) - 3} more" if len(without) > 3 else ""
        some = f"run{'s' if len(without) > 1 else ''} {', '.join(without[:3])}{more}"
        return f"{metric.name} is undefined in every case of {some} (of {len(rows)} runs)"
    return f"in every case {metric.name} is undefined in at least one of the {len(rows)} runs"


def shown_p(p: float) -> str:
    """A p value with the digits that matter, after ``=`` or ``<``."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
