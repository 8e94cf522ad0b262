"""The Trainer of a single pass over all slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytorch_lightning as pl


def evaluation_trainer(settings: Any, precision: str) -> pl.Trainer:
    """A Trainer that logs nothing and keeps nothing.

    Args:
        settings: With ``accelerator`` and ``devices``.
        precision: As Lightning names it.
    """
    import pytorch_lightning as pl

    from lungseg.training.progress import EpochBar

    return pl.Trainer(
        accelerator=settings.accelerator,
        devices=settings.devices,
        strategy="auto" if settings.devices == 1 else "ddp",
        precision=precision,  # type: ignore[arg-type]
        logger=False,
        callbacks=[EpochBar()],
        enable_model_summary=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        use_distributed_sampler=False,
    )
