"""What the numbers depend on beside masks, and the weights that they describe."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Conventions:
    """What the numbers depend on beside masks.

    Attributes:
        threshold: A pixel is lung when its probability is at least this; None where masks have no
            probabilities.
        empty_dsc: DSC of slices with neither reference nor prediction: zero, one or nan.
        postprocess: What masks went through before they were counted; empty for nothing.
    """

    threshold: float | None
    empty_dsc: Any
    postprocess: str = ""

    @classmethod
    def of(cls, metrics: Any, postprocess: object = None) -> Conventions:
        """Conventions from the settings below ``metrics``, and what post-processes masks."""
        text = "" if postprocess is None else repr(postprocess)
        return cls(metrics.threshold, empty_dsc(metrics), text)


@dataclass(frozen=True)
class Weights:
    """Which weights are evaluated.

    Attributes:
        file: Name of the checkpoint.
        epochs: How many epochs they were trained for.
    """

    file: str
    epochs: int


def empty_dsc(metrics: Any) -> Any:
    """The convention for empty slices; Hydra reads ``metrics.empty_dsc=nan`` as a number."""
    value = metrics.empty_dsc
    return "nan" if isinstance(value, float) and math.isnan(value) else value
