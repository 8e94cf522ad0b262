"""What losses accept."""

from __future__ import annotations

from collections.abc import Sequence

from lungseg.arguments.numbers import check_share, is_number


def check_combo_loss(
    alpha: float, beta: float, smooth: float, reduction: str, empty: str = "count"
) -> None:
    """Check the arguments of :class:`lungseg.losses.ComboLoss`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    check_share("alpha", alpha)
    check_share("beta", beta)
    check_dice_loss(smooth, reduction, empty)


def check_dice_loss(smooth: float, reduction: str, empty: str = "count") -> None:
    """Check the arguments of :class:`lungseg.losses.DiceLoss`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    if not is_number(smooth) or smooth <= 0:
        raise ValueError(f"smooth must be a number above 0, got {smooth!r}")
    if reduction not in ("batch", "sample"):
        raise ValueError(f"reduction must be 'batch' or 'sample', got {reduction!r}")
    if empty not in ("count", "one", "skip"):
        raise ValueError(f"empty must be 'count', 'one' or 'skip', got {empty!r}")
    if empty != "count" and reduction == "batch":
        raise ValueError(f"empty must be 'count' with reduction 'batch', got {empty!r}")


def check_tversky_loss(
    alpha: float, beta: float, gamma: float, smooth: float, reduction: str
) -> None:
    """Check the arguments of :class:`lungseg.losses.TverskyLoss`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    for name, value in {"alpha": alpha, "beta": beta}.items():
        if not is_number(value) or value < 0:
            raise ValueError(f"{name} must be a number of at least 0, got {value!r}")
    if not is_number(gamma) or gamma <= 0:
        raise ValueError(f"gamma must be a number above 0, got {gamma!r}")
    check_dice_loss(smooth, reduction)


def check_boundary_loss(region: object, weight: float) -> None:
    """Check the arguments of :class:`lungseg.losses.BoundaryLoss`; the region's checks its own.

    Raises:
        ValueError: If the weight is out of range.
    """
    if not is_number(weight) or weight <= 0:
        raise ValueError(f"weight must be a number above 0, got {weight!r}")


def check_deep_supervision(loss: object, weights: Sequence[float] | None = None) -> None:
    """Check the arguments of :class:`lungseg.losses.DeepSupervision`; the loss checks its own.

    Raises:
        ValueError: If the weights are no list of numbers of at least 0, with one above.
    """
    if weights is None:
        return
    if (
        isinstance(weights, str)
        or not isinstance(weights, Sequence)
        or not all(is_number(weight) and weight >= 0 for weight in weights)
        or sum(weights) <= 0
    ):
        raise ValueError(f"weights must be a list of numbers of at least 0, got {weights!r}")
