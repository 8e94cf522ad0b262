"""Tries a network and a loss on one small batch, before cases are prepared for them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lungseg.errors import ConfigError
from lungseg.losses import DeepSupervision
from lungseg.models.padding import evaluating

log = logging.getLogger(__name__)

SIDES = (64, 128, 256, 512)
"""Sizes to try: some networks need a certain one, or one of at least some size."""
OTHERS = {
    "two-channel": (1, 2, 64, 64),
    "three-channel": (1, 3, 64, 64),
    "four-channel": (1, 4, 64, 64),
    "3-D": (1, 1, 64, 64, 64),
}
"""Images that a network may take instead, to say so."""
LEAST_SPREAD = 0.2
"""Between the values of a network by which it is told to make probabilities."""
EXPECTED = "a network must map images [B, 1, H, W] to logits of the same shape"
OURS = {"spatial_dims": 2, "in_channels": 1, "out_channels": 1}
"""What the usual arguments of networks have to be."""


def check_network(net: Any, settings: Mapping[str, Any], channels: int = 1) -> None:
    """Stop at a network that does not map an image of some channels to logits of one.

    One that seems to make probabilities is reported, as it could be meant. One that fails at every
    size tried is left to the data, whose size it may need.

    Args:
        net: As built.
        settings: What it was built from.
        channels: Of the image.

    Raises:
        ConfigError: Saying what is expected and what the network does, or which package it lacks.
    """
    name = settings.get("_target_")
    expected = EXPECTED
    if channels > 1:
        expected = f"a network must map images [B, {channels}, H, W] to logits [B, 1, H, W]"
    if not isinstance(net, nn.Module):
        raise ConfigError(f"model: {name} is no torch.nn.Module; {expected}")
    if not any(weights.requires_grad for weights in net.parameters()):
        raise ConfigError(f"model: {name} has no weights to train; {expected}")
    ours = OURS | {"in_channels": channels}
    wrong = [key for key, value in ours.items() if settings.get(key, value) != value]
    right = " ".join(f"model.{key}={ours[key]}" for key in wrong)
    expected = f"{expected}: {right}" if right else expected
    # No statistics of batch norm, no mode of a layer and no random number may change.
    with evaluating(net), torch.no_grad(), torch.random.fork_rng(devices=[]):
        error, resized = "", None
        for side in SIDES:
            made = _forward(net, (1, channels, side, side))
            if isinstance(made, ImportError):  # MONAI looks for some packages only now
                needed = str(made).partition("\n")[0]
                raise ConfigError(f"model: {name} needs a package that is not there: {needed}")
            if isinstance(made, Exception):
                error = error or " ".join(str(made).split())
            elif isinstance(made, Tensor) and made.dim() == 4 and made.shape[2:] != (side, side):
                resized = resized or (made, side)  # it may be made for one size
            else:
                _check_made(made, channels, side, str(name), expected)
                if _bounded(net, channels, side):
                    log.warning(
                        f"model: {name} makes values from 0 to 1 of any image: these look like"
                        " probabilities; logits are expected, without a sigmoid at the end"
                    )
                return
        if resized is not None:
            _check_made(resized[0], channels, resized[1], str(name), expected)
        for kind, shape in OTHERS.items():
            if not isinstance(_forward(net, shape), Exception):
                raise ConfigError(f"model: {name} takes {kind} images; {expected}")
    log.warning(f"model: {name} could not be tried on images of {SIDES[0]} to {SIDES[-1]}: {error}")


def check_loss(loss: Any, settings: Mapping[str, Any]) -> None:
    """Stop at a loss that cannot be computed from logits and a mask, or followed downhill.

    Raises:
        ConfigError: Saying what is expected and what the loss does.
    """
    name = settings.get("_target_")
    logits = torch.zeros(2, 1, SIDES[0], SIDES[0], requires_grad=True)
    mask = torch.zeros(logits.shape, dtype=torch.uint8)
    mask[..., 1:9, 1:9] = 1
    expected = (
        "a loss must make one number of logits [B, 1, H, W] and a mask of 0 and 1 in uint8"
        " (target.float() has it in floats)"
    )
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            warnings.simplefilter("ignore")
            value = loss(logits, mask)
    except Exception as error:  # whatever a loss of the user's does
        raise ConfigError(
            f"loss: {name} fails: {' '.join(str(error).split())}; {expected}"
        ) from error
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise ConfigError(f"loss: {name} makes {_shape(value)}; {expected}")
    if not value.requires_grad:
        raise ConfigError(f"loss: {name} has no gradient; {expected}")


def check_levels(net: nn.Module, loss: nn.Module) -> None:
    """Stop at a network that makes logits of several levels without a loss of them, or the reverse.

    Raises:
        ConfigError: Naming the setting that is wrong.
    """
    n_levels = getattr(net, "n_levels", 1)
    if not isinstance(loss, DeepSupervision):
        if n_levels > 1:
            raise ConfigError(
                "model.deep_supervision=true: logits of several levels need loss=deep_supervision"
            )
        return
    if n_levels == 1:
        raise ConfigError(
            "loss: deep supervision needs logits of several levels: model=unet_deep"
            " model.deep_supervision=true"
        )
    if loss.weights is not None and len(loss.weights) != n_levels:
        raise ConfigError(
            f"loss.weights: must be {n_levels} numbers, one for each level, got {len(loss.weights)}"
        )


def _check_made(made: Any, channels: int, side: int, name: str, expected: str) -> None:
    if not isinstance(made, Tensor) or tuple(made.shape) != (1, 1, side, side):
        what = f"an image [1, {channels}, {side}, {side}] to {_shape(made)}"
        raise ConfigError(f"model: {name} maps {what}; {expected}")


def _bounded(net: nn.Module, channels: int, side: int) -> bool:
    """Whether all values that a network makes are from 0 to 1, also of images far off any CT.

    Logits grow with the image, or have both signs where a layer normalizes. Those that hardly vary,
    as of weights that start at 0 or of a few channels that no signal passes, say nothing.
    """
    noise = torch.randn((1, channels, side, side), generator=torch.Generator().manual_seed(0))
    noise = noise.to(next(net.parameters()).dtype)
    made = torch.cat([net(noise * scale).flatten() for scale in (1, 1000, -1000)])
    low, high = float(made.min()), float(made.max())
    return 0 <= low < high <= 1 and high - low > LEAST_SPREAD


def _shape(made: Any) -> str:
    return str(list(made.shape)) if isinstance(made, Tensor) else f"a {type(made).__name__}"


def _forward(net: nn.Module, shape: tuple[int, ...]) -> Any:
    """What a network makes of an empty image, or the error that it raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return net(torch.zeros(shape, dtype=next(net.parameters()).dtype))
    except Exception as error:
        return error
