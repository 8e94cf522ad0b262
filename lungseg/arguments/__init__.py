"""What our own classes accept: checked by them, and before torch has to be imported for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from lungseg.arguments.inference import check_lungs
from lungseg.arguments.intensities import (
    check_clahe,
    check_equalize,
    check_stretch,
    check_window,
    check_windows,
)
from lungseg.arguments.losses import (
    check_boundary_loss,
    check_combo_loss,
    check_deep_supervision,
    check_dice_loss,
    check_tversky_loss,
)
from lungseg.arguments.networks import check_unet
from lungseg.arguments.phantom import check_phantom
from lungseg.arguments.sampling import check_balanced, check_foreground, check_hard
from lungseg.arguments.training import (
    check_ema,
    check_mlflow,
    check_swa,
    check_wandb,
    check_warmup,
)
from lungseg.errors import ConfigError

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
    "lungseg.training.mlflow_run.start_run": check_mlflow,
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
