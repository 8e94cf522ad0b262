"""Why a network that found lungs while it trained finds less after it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

FAR = 0.1
"""A network that has trained for long enough is as good as in its last epoch, or better."""


def few_steps(
    history: pd.DataFrame | None, epochs: int, dsc: float | None, averages: Sequence[str]
) -> list[str]:
    """Say where the evaluated network is far behind its epoch on the same cases.

    Args:
        history: As in ``metrics.csv``; None for a model that was trained elsewhere.
        epochs: After how many the weights were evaluated.
        dsc: Mean DSC of the training set's slices with lung; None where it is undefined.
        averages: From `averages_of`.

    Example:
        >>> import pandas as pd
        >>> few_steps(pd.DataFrame({"epoch": [0], "train/dsc": [0.62]}), 1, 0.55, [])
        []
    """
    if history is None or dsc is None or "train/dsc" not in history:
        return []
    rows = history[history["epoch"] == epochs - 1]
    before = float(rows["train/dsc"].iloc[-1]) if len(rows) else math.nan
    if not before - dsc > FAR:
        return []
    why = (
        f" What is evaluated are averages over many steps ({' and '.join(averages)}); after few"
        " steps they are still near the start of the training (trainer.max_epochs)."
    )
    return [
        f"On the training set, the mean DSC of slices with lung was {before:.4f} in epoch {epochs}"
        f" and is {dsc:.4f} after it.{why if averages else ''}"
    ]


def averages_of(net: nn.Module, callbacks: Mapping[str, Any]) -> list[str]:
    """What an evaluation has averages of, and a training's steps have not.

    Batch norm uses the statistics of each batch in training, and averages of them afterwards; with
    ``ema`` or ``swa`` the weights are averages too.

    Args:
        net: The network.
        callbacks: Settings of the training's callbacks, by name.
    """
    from torch.nn.modules.batchnorm import _BatchNorm

    statistics = any(isinstance(one, _BatchNorm) for one in net.modules())
    weights = [name for name in ("ema", "swa") if name in callbacks]
    return [
        *(["the statistics of batch norm"] if statistics else []),
        *(f"the weights, by callbacks.{name}" for name in weights),
    ]
