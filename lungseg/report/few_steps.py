"""Why a network that learned in its last epoch finds nothing after it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FAR = 0.1
"""A network that has trained for long enough is as good as in its last epoch, or better."""


def few_steps(history: pd.DataFrame | None, epochs: int, dsc: float | None) -> list[str]:
    """Say where the evaluated network is far behind its last epoch on the same cases.

    Batch norm uses the statistics of each batch in training, and afterwards averages of them; with
    ``callbacks.ema`` or ``swa`` the weights are averages too. After few steps they are still close
    to where the training began.

    Args:
        history: As in ``metrics.csv``; None for a model that was trained elsewhere.
        epochs: After how many the weights were evaluated.
        dsc: Mean DSC of the training set's slices with lung; None where it is undefined.

    Example:
        >>> import pandas as pd
        >>> few_steps(pd.DataFrame({"epoch": [0], "train/dsc": [0.62]}), 1, 0.55)
        []
    """
    if history is None or dsc is None or "train/dsc" not in history:
        return []
    rows = history[history["epoch"] == epochs - 1]
    before = float(rows["train/dsc"].iloc[-1]) if len(rows) else math.nan
    if not before - dsc > FAR:
        return []
    return [
        f"On the training set, the mean DSC of slices with lung was {before:.4f} in the last epoch"
        f" and is {dsc:.4f} after it. In training, batch norm has the statistics of each batch; the"
        " averages that replace them afterwards, and those of the weights, need more steps: raise"
        " trainer.max_epochs."
    ]
