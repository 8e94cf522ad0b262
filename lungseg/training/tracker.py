"""What W&B, MLflow and TensorBoard are given of a run, by the same names."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pytorch_lightning.loggers.logger import Logger

from lungseg.config import flatten

REFERENCE_COLOUR, PREDICTION_COLOUR = (74, 168, 255), (255, 157, 46)
"""Blue and orange: distinguishable with colour blindness, and from grey."""


@dataclass(frozen=True)
class Overlay:
    """A slice with two masks; all ``[y, x]``.

    Attributes:
        image: Grey values, 0 to 255, uint8.
        reference: Bool.
        prediction: Bool.
        caption: Case and slice.
    """

    image: NDArray[np.uint8]
    reference: NDArray[np.bool_]
    prediction: NDArray[np.bool_]
    caption: str

    def picture(self) -> NDArray[np.uint8]:
        """RGB ``[y, x, 3]`` with the outlines of both masks, the prediction's on top."""
        from lungseg.data.preview import outline

        rgb = np.repeat(self.image[..., None], 3, axis=-1)
        rgb[outline(self.reference)] = REFERENCE_COLOUR
        rgb[outline(self.prediction)] = PREDICTION_COLOUR
        return rgb

    def file_name(self) -> str:
        """The caption as a word that all trackers take in a name.

        >>> dark = np.zeros((1, 1), np.uint8)
        >>> Overlay(dark, dark > 0, dark > 0, "Case_002 z=5 (synthetic)").file_name()
        'Case_002_z_5_synthetic'
        """
        return re.sub(r"[^\w.-]+", "_", self.caption, flags=re.ASCII).strip("_")


class Tracker(Logger):
    """A logger that is also given the pictures and the evaluation of a run, and is closed."""

    def noted(self) -> dict[str, str]:
        """What ``provenance.json`` says of the tracker's own run."""
        return {}

    @abstractmethod
    def log_overlays(self, name: str, overlays: Sequence[Overlay], epoch: int) -> None:
        """Log slices with their masks beside an epoch's numbers."""

    @abstractmethod
    def log_picture(self, name: str, file: Path, epoch: int) -> None:
        """Log a picture from a PNG file."""

    @abstractmethod
    def log_curve(self, name: str, file: Path, epoch: int) -> None:
        """Log ``pr_curve.csv``, as far as the tracker shows curves."""

    @abstractmethod
    def log_summary(self, summary: dict[str, dict[str, Any]], epoch: int) -> None:
        """Log the evaluation: ``evaluation/<set>/<metric>``."""

    @abstractmethod
    def finish(self, exit_code: int = 0) -> None:
        """Close the run; 0 for one that ended as it should."""


def summary_numbers(summary: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """An evaluation under the names that trackers show.

    A metric is logged under its own name, without the suffix ``value``; those of subgroups are
    left out: they would be a hundred more, under labels of the user's.

    >>> summary_numbers({"test": {"recall": {"value": 0.9, "n": 3}, "subgroups": {}}})
    {'evaluation/test/recall': 0.9, 'evaluation/test/recall/n': 3}
    """
    numbers = {}
    for set_name, metrics in summary.items():
        of_all = {key: number for key, number in metrics.items() if key != "subgroups"}
        for key, number in flatten(of_all, f"evaluation/{set_name}/", "/").items():
            numbers[key.removesuffix("/value")] = number
    return numbers


def scalars(summary: Mapping[str, dict[str, Any]]) -> dict[str, float]:
    """The numbers of :func:`summary_numbers`, for trackers that take nothing else.

    >>> list(scalars({"val": {"dsc": {"value": 0.9, "ci95": [0.8, 0.95]}, "empty_dsc": "zero"}}))
    ['evaluation/val/dsc', 'evaluation/val/dsc/ci95/low', 'evaluation/val/dsc/ci95/high']
    """
    return dict(_scalars(summary_numbers(summary)))


def _scalars(numbers: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for key, value in numbers.items():
        if isinstance(value, list) and len(value) == 2:
            yield from _scalars(dict(zip((f"{key}/low", f"{key}/high"), value, strict=True)))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield key, value
