"""All that a report shows of one evaluation: small tables, no pixels but a few examples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lungseg.metrics.cases import CaseScore
from lungseg.metrics.curves import Calibration
from lungseg.report.surface_error import SurfaceError


@dataclass(frozen=True)
class Evaluation:
    """Tables and numbers of one evaluation.

    Attributes:
        summary: As in ``summary.json``: numbers by set.
        slices: As in ``slices.csv``.
        cases: As in ``cases.csv``.
        curve: threshold, precision, recall, fpr, dsc of the test set, threshold falling.
        calibration: Of the test set.
        worst: Both surfaces of the test case with the largest HD95; empty where none has one.
        history: As in ``metrics.csv``; None for a model that was trained elsewhere.
        synthetic: Whether the cases are made up.
        threshold: A pixel is lung when its probability is at least this.
    """

    summary: dict[str, Any]
    slices: pd.DataFrame
    cases: pd.DataFrame
    curve: pd.DataFrame
    calibration: Calibration
    worst: list[SurfaceError]
    history: pd.DataFrame | None
    synthetic: bool
    threshold: float


def read_history(file: Path) -> pd.DataFrame | None:
    """``metrics.csv`` of a run, or None where there is none."""
    return pd.read_csv(file) if file.is_file() else None


def surfaces(worst: tuple[int, CaseScore] | None, names: list[str]) -> list[SurfaceError]:
    """A case's surfaces under its name: on one lies what was missed, on the other the invented."""
    if worst is None:
        return []
    case, score = worst
    return [
        SurfaceError(f"{names[case]}, reference", score.surface_mm, score.distance_mm),
        SurfaceError(
            f"{names[case]}, prediction", score.predicted_surface_mm, score.predicted_distance_mm
        ),
    ]
