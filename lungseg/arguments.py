"""What our own classes accept: checked by them, and before torch has to be imported for them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any

from lungseg.errors import ConfigError

WANDB_MODES = ("offline", "online")
OUTSIDE = ("keep", "soft", "channel")
CROP = ("none", "body")
PHANTOM_KINDS = (
    *("bulla", "emphysema", "effusion", "tumour", "pneumothorax", "thick_table", "hollow_table"),
    *("cushion", "arms_down", "cut", "airway", "subcutaneous_air"),
)
"""What harder synthetic patients have, in the order in which patients get it."""


def check_combo_loss(alpha: float, beta: float, smooth: float, reduction: str) -> None:
    """Check the arguments of :class:`lungseg.losses.ComboLoss`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    _check_share("alpha", alpha)
    _check_share("beta", beta)
    check_dice_loss(smooth, reduction)


def check_dice_loss(smooth: float, reduction: str, empty: str = "count") -> None:
    """Check the arguments of :class:`lungseg.losses.DiceLoss`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    if not _is_number(smooth) or smooth <= 0:
        raise ValueError(f"smooth must be a number above 0, got {smooth!r}")
    if reduction not in ("batch", "sample"):
        raise ValueError(f"reduction must be 'batch' or 'sample', got {reduction!r}")
    if empty not in ("count", "skip"):
        raise ValueError(f"empty must be 'count' or 'skip', got {empty!r}")
    if empty == "skip" and reduction == "batch":
        raise ValueError("empty must be 'count' with reduction 'batch', got 'skip'")


def check_tversky_loss(
    alpha: float, beta: float, gamma: float, smooth: float, reduction: str
) -> None:
    """Check the arguments of :class:`lungseg.losses.TverskyLoss`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    for name, value in {"alpha": alpha, "beta": beta}.items():
        if not _is_number(value) or value < 0:
            raise ValueError(f"{name} must be a number of at least 0, got {value!r}")
    if not _is_number(gamma) or gamma <= 0:
        raise ValueError(f"gamma must be a number above 0, got {gamma!r}")
    check_dice_loss(smooth, reduction)


def check_boundary_loss(region: object, weight: float) -> None:
    """Check the arguments of :class:`lungseg.losses.BoundaryLoss`; the region's checks its own.

    Raises:
        ValueError: If the weight is out of range.
    """
    if not _is_number(weight) or weight <= 0:
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
        or not all(_is_number(weight) and weight >= 0 for weight in weights)
        or sum(weights) <= 0
    ):
        raise ValueError(f"weights must be a list of numbers of at least 0, got {weights!r}")


def check_unet(
    *,
    in_channels: int = 1,
    out_channels: int = 1,
    depth: int = 1,
    base_channels: int = 1,
    max_channels: int | None = None,
    residual: bool = False,
    norm: str = "batch",
    deep_supervision: bool = False,
) -> None:
    """Check the arguments of :class:`lungseg.models.unet.UNet`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    for name, value in {
        "in_channels": in_channels,
        "out_channels": out_channels,
        "depth": depth,
        "base_channels": base_channels,
    }.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    if max_channels is not None and (
        not isinstance(max_channels, int)
        or isinstance(max_channels, bool)
        or max_channels < base_channels
    ):
        raise ValueError(
            f"max_channels must be null or a whole number of at least base_channels"
            f" ({base_channels}), got {max_channels!r}"
        )
    for name, value in {"residual": residual, "deep_supervision": deep_supervision}.items():
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, got {value!r}")
    if norm not in ("batch", "instance", "group"):
        raise ValueError(f"norm must be 'batch', 'instance' or 'group', got {norm!r}")


def check_window(lower: float, upper: float) -> None:
    """Check the arguments of :class:`lungseg.data.intensity.Window`.

    Raises:
        ValueError: If the window is empty.
    """
    if not (_is_number(lower) and _is_number(upper) and lower < upper):
        raise ValueError(f"lower must be below upper, got lower={lower}, upper={upper}")


def check_windows(windows: object) -> None:
    """Check the arguments of :class:`lungseg.data.intensity.Windows`.

    Raises:
        ValueError: If there is no window, or one is empty.
    """
    for lower, upper in _pairs("windows", windows, "[lower, upper]"):
        check_window(lower, upper)


def check_stretch(knots: object) -> None:
    """Check the arguments of :class:`lungseg.data.intensity.Stretch`.

    Raises:
        ValueError: If they are no increasing pairs of numbers from value 0 to 1.
    """
    pairs = _pairs("knots", knots, "[HU, value]")
    increasing = all(
        all(map(_is_number, (*one, *other))) and one[0] < other[0] and one[1] < other[1]
        for one, other in pairwise(pairs)
    )
    if len(pairs) < 2 or not increasing or pairs[0][1] != 0 or pairs[-1][1] != 1:
        shown = [list(pair) for pair in pairs]
        raise ValueError(f"knots must increase in HU and value, from value 0 to 1, got {shown}")


def check_equalize(lower: object, upper: object) -> None:
    """Check the arguments of :class:`lungseg.data.intensity.Equalize`.

    Raises:
        ValueError: If the window is empty, or a limit is not a whole number.
    """
    if not all(_is_number(limit) and limit == int(limit) for limit in (lower, upper)):  # type: ignore[call-overload]
        raise ValueError(f"lower and upper must be whole numbers, got {lower!r} and {upper!r}")
    check_window(lower, upper)  # type: ignore[arg-type]


def check_clahe(lower: float, upper: float, clip_limit: object = 0.01, tiles: object = 8) -> None:
    """Check the arguments of :class:`lungseg.data.intensity.Clahe`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    check_window(lower, upper)
    if not _is_number(clip_limit) or not 0 < clip_limit <= 1:  # type: ignore[operator]
        raise ValueError(f"clip_limit must be a number above 0 and at most 1, got {clip_limit!r}")
    check_at_least(tiles=(tiles, 2))


def check_network_input(
    *,
    outside: object = "keep",
    crop: object = "none",
    matrix_size: object = None,
    spacing: object = None,
    context: object = 0,
    context_mm: object = None,
) -> None:
    """Check the arguments of :class:`lungseg.data.network_input.NetworkInput`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    if outside not in OUTSIDE:
        raise ValueError(f"outside={outside}: must be {', '.join(OUTSIDE)}")
    if crop not in CROP:
        raise ValueError(f"crop={crop}: must be {' or '.join(CROP)}")
    if matrix_size is not None:
        check_at_least(matrix_size=(matrix_size, 16))
    for name, value in (("spacing", spacing), ("context_mm", context_mm)):
        if value is not None and not (_is_number(value) and 0 < float(str(value)) < 100):
            raise ValueError(f"{name}={value}: must be a distance in mm, above 0")
    if matrix_size is not None and spacing is not None:
        raise ValueError(f"matrix_size={matrix_size} and spacing={spacing}: give one of them")
    check_at_least(context=(context, 0))


def check_phantom(
    *, n_cases: int, size: int, n_slices: int, seed: int, kinds: object = (), **_: Any
) -> None:
    """Check a synthetic cohort; where its source writes it is left alone.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    check_at_least(n_cases=(n_cases, 1), size=(size, 32), n_slices=(n_slices, 12), seed=(seed, 0))
    check_phantom_kinds(kinds)


def check_phantom_kinds(kinds: object) -> tuple[str, ...]:
    """Check what synthetic patients have.

    Args:
        kinds: Names from :data:`PHANTOM_KINDS`, one of them, or ``all``.

    Returns:
        The names.

    Raises:
        ValueError: If there is no such kind.

    Example:
        >>> check_phantom_kinds(["bulla", "cut"])
        ('bulla', 'cut')
        >>> check_phantom_kinds("all") == PHANTOM_KINDS
        True
    """
    if kinds == "all":
        return PHANTOM_KINDS
    names = kinds if isinstance(kinds, Sequence) and not isinstance(kinds, str) else [kinds]
    for name in names:
        if name not in PHANTOM_KINDS:
            raise ValueError(f"kinds must be all, or of {', '.join(PHANTOM_KINDS)}; got {name!r}")
    return tuple(names)


def check_at_least(**arguments: tuple[object, int]) -> None:
    """Refuse the first argument that is no whole number, or below its minimum."""
    for name, (value, least) in arguments.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


def check_wandb(*, mode: object, **_: Any) -> None:
    """Check the mode of :func:`lungseg.training.wandb_run.start_run`; W&B checks the rest.

    Raises:
        ConfigError: If the mode is unknown.
    """
    if mode not in WANDB_MODES:
        raise ConfigError(
            f"logger.mode={mode}: must be {' or '.join(WANDB_MODES)}; logger=none for no W&B"
        )


def check_lungs(*, n_lungs: object = 2, min_share: object = 0.05, **_: Any) -> None:
    """Check the arguments of :class:`lungseg.inference.postprocess.Lungs`.

    Raises:
        ValueError: If one is out of range.
    """
    if n_lungs not in (1, 2) or isinstance(n_lungs, bool):
        raise ValueError(f"n_lungs must be 1 or 2, got {n_lungs}")
    if not isinstance(min_share, int | float) or not 0 <= min_share <= 1:
        raise ValueError(f"min_share must be between 0 and 1, got {min_share}")


def check_ema(decay: object = 0.999) -> None:
    """Check the arguments of :class:`lungseg.training.ema.EMA`.

    Raises:
        ValueError: If the share is out of range.
    """
    if not _is_number(decay) or not 0 <= decay < 1:  # type: ignore[operator]
        raise ValueError(f"decay must be a number from 0 to below 1, got {decay!r}")


def check_swa(start_epoch: Any) -> None:
    """Check the arguments of :class:`lungseg.training.swa.SWA`.

    Raises:
        ValueError: If the epoch is out of range.
    """
    check_at_least(start_epoch=(start_epoch, 0))


def check_warmup(*, warmup: object = 0.05, **_: Any) -> None:
    """Check the share of :func:`lungseg.training.warmup.warmup_cosine`.

    Raises:
        ValueError: If it is out of range.
    """
    if not _is_number(warmup) or not 0 <= warmup < 1:  # type: ignore[operator]
        raise ValueError(f"warmup must be a number from 0 to below 1, got {warmup!r}")


def check_balanced(small: object = 0.01) -> None:
    """Check the arguments of :class:`lungseg.data.sampling.balanced.Balanced`.

    Raises:
        ValueError: If the share is out of range.
    """
    if not _is_number(small) or not 0 < small < 1:  # type: ignore[operator]
        raise ValueError(f"small must be a number above 0 and below 1, got {small!r}")


def check_foreground(share: object = 0.9) -> None:
    """Check the arguments of :class:`lungseg.data.sampling.foreground.Foreground`.

    Raises:
        ValueError: If the share is out of range.
    """
    _check_share("share", share)


def check_hard(share: object = 0.25) -> None:
    """Check the arguments of :class:`lungseg.data.sampling.hard.Hard`.

    Raises:
        ValueError: If the share is out of range: for each slice that is shown twice another pauses.
    """
    if not _is_number(share) or not 0 < share <= 0.5:  # type: ignore[operator]
        raise ValueError(f"share must be a number above 0 and up to 0.5, got {share!r}")


CHECKS: dict[str, Callable[..., None]] = {
    "lungseg.losses.ComboLoss": check_combo_loss,
    "lungseg.losses.DiceLoss": check_dice_loss,
    "lungseg.losses.TverskyLoss": check_tversky_loss,
    "lungseg.losses.BoundaryLoss": check_boundary_loss,
    "lungseg.losses.DeepSupervision": check_deep_supervision,
    "lungseg.models.unet.UNet": check_unet,
    "lungseg.data.intensity.Window": check_window,
    "lungseg.data.intensity.Windows": check_windows,
    "lungseg.data.intensity.Stretch": check_stretch,
    "lungseg.data.intensity.Equalize": check_equalize,
    "lungseg.data.intensity.Clahe": check_clahe,
    "lungseg.data.sampling.balanced.Balanced": check_balanced,
    "lungseg.data.sampling.foreground.Foreground": check_foreground,
    "lungseg.data.sampling.hard.Hard": check_hard,
    "lungseg.inference.postprocess.Lungs": check_lungs,
    "lungseg.sources.phantom.PhantomFolder": check_phantom,
    "lungseg.training.ema.EMA": check_ema,
    "lungseg.training.swa.SWA": check_swa,
    "lungseg.training.wandb_run.start_run": check_wandb,
    "lungseg.training.warmup.warmup_cosine": check_warmup,
}


def check_arguments(node: Mapping[str, Any], where: str) -> None:
    """Check what a node gives to a class of ours; any other class checks when it is built.

    Args:
        node: Settings with ``_target_``.
        where: Their key, named in errors.

    Raises:
        ConfigError: If a value is out of range.
    """
    check = CHECKS.get(str(node.get("_target_")))
    if check is None:
        return
    given = {str(key): value for key, value in node.items() if not str(key).startswith("_")}
    try:
        bound = inspect.signature(check).bind(**given)
    except TypeError:  # one too many or too few, which building explains
        return
    try:
        check(*bound.args, **bound.kwargs)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


def _check_share(name: str, value: object) -> None:
    if not _is_number(value) or not 0 <= value <= 1:  # type: ignore[operator]
        raise ValueError(f"{name} must be a number from 0 to 1, got {value!r}")


def _pairs(name: str, value: object, pair: str) -> list[tuple[Any, Any]]:
    """A setting that is a list of pairs."""
    pairs = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
    if not pairs or not all(
        isinstance(one, Sequence) and not isinstance(one, str) and len(one) == 2 for one in pairs
    ):
        raise ValueError(f"{name} must be a list of {pair}, got {value!r}")
    return [(first, second) for first, second in pairs]


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
