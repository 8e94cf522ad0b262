"""Choice of the example slices of an evaluation: by rule, never by hand or at random."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from lungseg.metrics.summary import HIGH_ACCURACY, HIGH_DSC, LOW_DSC

_Rule = Callable[[pd.DataFrame, pd.Series], pd.Series]

# Kind: the column by which examples are spread, and which slices belong to it.
_KINDS: dict[str, tuple[str, _Rule]] = {
    "high": ("z", lambda s, lung: lung & (s["dsc"] > HIGH_DSC)),
    "low_accuracy": ("accuracy", lambda s, _: s["accuracy"].notna()),
    "intermediate": ("dsc", lambda s, lung: lung & (s["dsc"] > LOW_DSC) & (s["dsc"] <= HIGH_DSC)),
    "low": ("dsc", lambda s, lung: lung & (s["dsc"] <= LOW_DSC)),
    "empty_perfect": ("z", lambda s, lung: ~lung & (s["accuracy"] == 1)),
    "empty_intermediate": (
        "z",
        lambda s, lung: ~lung & (s["accuracy"] >= HIGH_ACCURACY) & (s["accuracy"] < 1),
    ),
    "empty_low": ("z", lambda s, lung: ~lung & (s["accuracy"] < HIGH_ACCURACY)),
}


def choose(slices: pd.DataFrame, kind: str, n: int) -> pd.DataFrame:
    """Choose example slices, spread over cases.

    Cases take turns. For ``"low_accuracy"``, each case contributes its worst slice first, beginning
    with the case with the worst slice. For the other kinds, examples are spread evenly over the
    ranks of a case's slices by z or DSC; with more cases than turns, cases are sampled evenly by
    name. Ties are ordered by case, then z.

    Args:
        slices: One row per slice of one set, with columns case, z, tp, fn, dsc and accuracy.
        kind: ``"high"`` (DSC above 0.975), ``"intermediate"`` (above 0.8 to 0.975), ``"low"``
            (up to 0.8), all three of slices with lung in the reference; ``"low_accuracy"`` (any
            slice); ``"empty_perfect"`` (accuracy 1), ``"empty_intermediate"`` (from 0.999 to
            below 1), ``"empty_low"`` (below 0.999), without lung in the reference.
        n: Maximum number.

    Returns:
        The chosen rows, in the order to show them.

    Raises:
        ValueError: If the kind is unknown.
    """
    if kind not in _KINDS:
        raise ValueError(f"kind must be one of {', '.join(_KINDS)}, got {kind!r}")
    column, rule = _KINDS[kind]
    lung = slices["tp"] + slices["fn"] > 0
    rows = slices[rule(slices, lung)].sort_values(["case", "z"], kind="stable")
    rows = rows.sort_values(column, kind="stable")
    n = max(0, min(n, len(rows)))
    worst_first = kind == "low_accuracy"

    # Ordered by their worst slice, or by name.
    cases = list(rows["case"].unique()) if worst_first else sorted(rows["case"].unique())
    if n < len(cases) and not worst_first:
        cases = [cases[int((i + 0.5) * len(cases) / n)] for i in range(n)]
    ranked = {case: np.flatnonzero(rows["case"] == case) for case in cases}
    turns: list[object] = []
    while len(turns) < n:
        willing = [case for case in cases if turns.count(case) < len(ranked[case])]
        turns += willing[: n - len(turns)]

    picked: list[int] = []
    taken = dict.fromkeys(cases, 0)  # ranks below this one are used
    for turn, case in enumerate(turns):
        size = len(ranked[case])
        target = 0.0 if worst_first else (turn + 0.5) / n * size - 0.5
        # As close as possible while leaving ranks above for the case's later turns.
        highest = size - turns[turn:].count(case)
        rank = min(max(math.ceil(target - 0.5), taken[case]), highest)
        taken[case] = rank + 1
        picked.append(ranked[case][rank])
    return rows.iloc[picked]
