"""Predictions that are none: nothing found, or lung everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def degenerate(slices: pd.DataFrame) -> list[str]:
    """Sentences on sets, or on test cases, in which all pixels are predicted alike.

    Args:
        slices: As in ``slices.csv``: one row per slice with ``split``, ``case``, ``tp``, ``fp``,
            ``fn``, ``tn``.
    """
    sentences = []
    for name, rows in slices.groupby("split", sort=False):
        what = f"the {name} set ({len(rows)} slice{'s' if len(rows) > 1 else ''})"
        if not rows[["tp", "fp"]].to_numpy().any():
            sentences.append(f"The model predicts no lung at all in {what}.")
        elif not rows[["fn", "tn"]].to_numpy().any():
            sentences.append(f"The model predicts lung in every pixel of {what}.")
        elif name == "test":
            sums = rows.groupby("case", sort=False)[["tp", "fp", "fn"]].sum()
            missed = sums.index[(sums["tp"] + sums["fp"] == 0) & (sums["fn"] > 0)]
            if len(missed):
                cases = f"{', '.join(map(str, missed[:6]))}{' …' if len(missed) > 6 else ''}"
                sentences.append(f"The model predicts no lung at all in {cases}.")
    return sentences
