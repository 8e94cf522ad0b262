"""The tables of ``evaluation/``, as data frames and as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lungseg.files import write_text
from lungseg.metrics.table import COLUMNS, EmptyDsc, accuracy, dsc

if TYPE_CHECKING:
    from lungseg.metrics.curves import Curve  # brings torch, which a comparison does without


def slices_frame(
    tables: Mapping[str, NDArray[np.int64]], names: Sequence[str], empty: EmptyDsc
) -> pd.DataFrame:
    """One row per slice: split, case, z, tp, fp, fn, tn, mask_fraction, dsc, accuracy.

    Args:
        tables: For each set, ``[n, 6]``: case, z, tp, fp, fn, tn.
        names: Of all cases of the cohort.
        empty: DSC of slices with neither reference nor prediction.
    """
    frames = [
        pd.DataFrame(table, columns=list(COLUMNS)).assign(split=name)
        for name, table in tables.items()
    ]
    frame = pd.concat(frames, ignore_index=True)
    tp, fp, fn, tn = (frame[name].to_numpy() for name in ("tp", "fp", "fn", "tn"))
    frame["mask_fraction"] = (tp + fn) / (tp + fp + fn + tn)
    frame["dsc"] = dsc(tp, fp, fn, empty)
    frame["accuracy"] = accuracy(tp, fp, fn, tn)
    frame["case"] = [names[case] for case in frame["case"]]
    return frame[["split", *COLUMNS, "mask_fraction", "dsc", "accuracy"]]


def cases_frame(
    scores: Mapping[str, Mapping[int, Mapping[str, Any]]], names: Sequence[str]
) -> pd.DataFrame:
    """One row per case: split, case, and its numbers in 3-D (`lungseg.metrics.cases`).

    Args:
        scores: For each set, the numbers of its cases by position in the cohort.
        names: Of all cases of the cohort.
    """
    rows = [
        {"split": name, "case": names[case], **numbers}
        for name, cases in scores.items()
        for case, numbers in cases.items()
    ]
    return pd.DataFrame(rows)


def curve_frame(curve: Curve) -> pd.DataFrame:
    """One row per threshold, falling: threshold, precision, recall, fpr, dsc."""
    columns = ("threshold", "precision", "recall", "fpr", "dsc")
    return pd.DataFrame({name: getattr(curve, name) for name in columns})


def thin(frame: pd.DataFrame) -> pd.DataFrame:
    """The points of a curve that a plot can resolve: those 1/2000 or more from the previous one."""
    cells = (frame[["precision", "recall", "threshold"]] * 2000).round()
    return frame[(cells != cells.shift()).any(axis=1)]


def write_csv(file: Path, frame: pd.DataFrame) -> None:
    """Write a table in one step; undefined values are blank."""
    write_text(file, frame.to_csv(index=False, lineterminator="\n"))
