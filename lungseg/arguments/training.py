"""What trainings accept, beside the loss and the network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lungseg.arguments.numbers import check_at_least, is_number
from lungseg.errors import ConfigError

WANDB_MODES = ("offline", "online")


def check_wandb(*, mode: object, **_: Any) -> None:
    """Check the mode of :func:`lungseg.training.wandb_run.start_run`; W&B checks the rest.

    Raises:
        ConfigError: If the mode is unknown.
    """
    if mode not in WANDB_MODES:
        raise ConfigError(
            f"logger.mode={mode}: must be {' or '.join(WANDB_MODES)}; logger=none for no W&B"
        )


def check_mlflow(*, tracking_uri: object = None, tags: object = None, **_: Any) -> None:
    """Check the address and labels of :func:`lungseg.training.mlflow_run.start_run`.

    Raises:
        ValueError: If one is of another kind. MLflow refuses folders as stores by now.
    """
    if tracking_uri is not None and (
        not isinstance(tracking_uri, str)
        or not re.match(r"(?!file:)[\w+.-]+://|databricks$", tracking_uri)
    ):
        raise ValueError(
            f"tracking_uri must be the address of a server or of a database, such as"
            f" http://127.0.0.1:5000 or sqlite:///mlflow.db, or null, got {tracking_uri!r}"
        )
    if tags is not None and not isinstance(tags, Mapping):
        raise ValueError(f"tags must be names with values: {{owner: me}}, got {tags!r}")


def check_ema(decay: object = 0.999) -> None:
    """Check the arguments of :class:`lungseg.training.ema.EMA`.

    Raises:
        ValueError: If the share is out of range.
    """
    if not is_number(decay) or not 0 <= decay < 1:
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
    if not is_number(warmup) or not 0 <= warmup < 1:
        raise ValueError(f"warmup must be a number from 0 to below 1, got {warmup!r}")
