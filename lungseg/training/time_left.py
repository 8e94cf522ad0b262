"""How long a training will still take, as far as its epochs tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

LAST = 5
"""Epochs that count: later ones may be slower or faster, as on a machine that others share."""


def seconds_left(
    epochs: Sequence[float], to_come: int, *, under_way: tuple[float, float] | None = None
) -> float | None:
    """Seconds to the end of the last epoch; what follows, the final evaluation, is not known.

    Args:
        epochs: How long each epoch so far took, with its evaluation, in seconds.
        to_come: Epochs that have not begun.
        under_way: Of the epoch that has begun, the seconds so far and the share that they are, by
            batches; None between epochs. The share counts until one epoch is complete.

    Returns:
        None where nothing is known yet.

    Example:
        >>> seconds_left([60.0, 100.0], 3)
        240.0
        >>> seconds_left([60.0, 100.0], 3, under_way=(30.0, 0.5))
        290.0
        >>> seconds_left([], 3, under_way=(30.0, 0.5))
        210.0
    """
    spent, share = under_way or (0.0, 0.0)
    if epochs:
        counted = epochs[-LAST:]
        each = sum(counted) / len(counted)
    elif share > 0:
        each = spent / share
    else:
        return None
    return each * to_come + (max(each - spent, 0.0) if under_way else 0.0)


def as_clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    Example:
        >>> as_clock(3725.6), as_clock(100_000)
        ('1:02:05', '1 day, 3:46:40')
    """
    return str(timedelta(seconds=int(seconds)))
