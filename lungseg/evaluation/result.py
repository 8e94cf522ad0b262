"""The result of an evaluation: small tables, and pixels of the slices that are shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lungseg.metrics.cases import CaseScore
from lungseg.metrics.curves import Calibration


@dataclass(frozen=True)
class SurfaceError:
    """A surface and its distances to another surface.

    Attributes:
        case: Name of the case.
        points_mm: ``[n, 3]`` points of the surface as (z, y, x) in mm: toward the head,
            the back and the patient's left.
        distance_mm: ``[n]`` distance of each to the other surface in mm.
    """

    case: str
    points_mm: npt.NDArray[np.floating]
    distance_mm: npt.NDArray[np.floating]


@dataclass(frozen=True)
class Evaluation:
    """Tables and numbers of one evaluation.

    Attributes:
        summary: As in ``summary.json``: numbers by set.
        slices: As in ``slices.csv``.
        cases: As in ``cases.csv``.
        curve: threshold, precision, recall, fpr, dsc of the test set, by falling threshold.
        calibration: Of the test set; None without probabilities, where the curve is empty too.
        worst: Both surfaces of the test case with the largest HD95; empty where HD95 is undefined.
        history: As in ``metrics.csv``; None for a model that was trained elsewhere.
        synthetic: Whether any case is synthetic.
        threshold: A pixel is lung when its probability is at least this; None without any.
        masks: Predicted mask of each test slice by case (position in the cohort) and z, packed.
        thumbnails: Pictures of test slices likewise, as ``data:`` URLs.
        histograms: Counts of scores by set, ``[2, BINS]``.
        second_reader: As in ``summary.json``: another reader's numbers on test cases, and the
            model's on the same ones; None without any.
        second_masks: As in ``provenance.json``: what was read of this reader.
    """

    summary: dict[str, Any]
    slices: pd.DataFrame
    cases: pd.DataFrame
    curve: pd.DataFrame
    calibration: Calibration | None
    worst: list[SurfaceError]
    history: pd.DataFrame | None
    synthetic: bool
    threshold: float | None
    masks: dict[tuple[int, int], bytes] = field(default_factory=dict)
    thumbnails: dict[tuple[int, int], str] = field(default_factory=dict)
    histograms: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    second_reader: dict[str, Any] | None = None
    second_masks: dict[str, Any] | None = None


def read_history(file: Path) -> pd.DataFrame | None:
    """``metrics.csv`` of a run, or None if it does not exist."""
    return pd.read_csv(file) if file.is_file() else None


def surfaces(worst: tuple[int, CaseScore] | None, names: list[str]) -> list[SurfaceError]:
    """A case's surfaces: the reference shows what was missed, the prediction what was added."""
    if worst is None:
        return []
    case, score = worst
    return [
        SurfaceError(f"{names[case]}, reference", score.surface_mm, score.distance_mm),
        SurfaceError(
            f"{names[case]}, prediction", score.predicted_surface_mm, score.predicted_distance_mm
        ),
    ]
