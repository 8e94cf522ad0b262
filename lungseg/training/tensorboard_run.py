"""TensorBoard's files of a run, in its folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pytorch_lightning.loggers import TensorBoardLogger

from lungseg.config import flatten
from lungseg.training.tracker import Overlay, Tracker, scalars

FOLDER = "tensorboard"
"""Below the run folder."""


class TensorBoardRun(TensorBoardLogger, Tracker):
    """Writes one point per epoch and number; a resumed run replaces what was written before.

    Args:
        folder: Run folder.
        recorded: Configuration and origin.
    """

    def __init__(self, folder: str | Path, recorded: dict[str, Any]) -> None:
        # Readers forget all earlier points, which a resumed run writes again.
        super().__init__(folder, name=FOLDER, version="", default_hp_metric=False, purge_step=0)
        self._settings = flatten(recorded)
        (Path(self.log_dir) / self.NAME_HPARAMS_FILE).unlink(missing_ok=True)
        with _unnamed_host():
            self._writer = self.experiment
        self.log_hyperparams(self._settings)
        self.save()

    @property
    def log_dir(self) -> str:
        """The folder as it is: Lightning would expand a ``$`` or ``~`` in its name."""
        return os.path.join(self.root_dir, "")

    def log_overlays(self, name: str, overlays: Sequence[Overlay], epoch: int) -> None:
        """Write each slice as a picture with outlines."""
        for overlay in overlays:
            picture = overlay.picture()
            self._writer.add_image(
                f"{name}/{overlay.file_name()}", picture, epoch, dataformats="HWC"
            )

    def log_picture(self, name: str, file: Path, epoch: int) -> None:
        """Write a picture."""
        import numpy as np
        from PIL import Image

        with Image.open(file) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        self._writer.add_image(name, pixels, epoch, dataformats="HWC")

    def log_curve(self, name: str, file: Path, epoch: int) -> None:
        """Nothing: TensorBoard draws curves over steps only."""

    def log_summary(self, summary: dict[str, dict[str, Any]], epoch: int) -> None:
        """Write the numbers, and the settings beside them in the tab of hyperparameters."""
        self.log_hyperparams(self._settings, scalars(summary), epoch)

    def finalize(self, status: str) -> None:
        """Lightning calls this after the last epoch; the evaluation is still to come."""
        self._writer.flush()

    def finish(self, exit_code: int = 0) -> None:
        """Close the file."""
        self._writer.close()


@contextmanager
def _unnamed_host() -> Iterator[None]:
    """Open a file without the name of the machine in its own: it may name a hospital."""
    from tensorboard.summary.writer import event_file_writer

    own = event_file_writer.socket
    event_file_writer.socket = SimpleNamespace(gethostname=lambda: "lungseg")
    try:
        yield
    finally:
        event_file_writer.socket = own


def start_run(*, save_dir: str | Path, recorded: dict[str, Any]) -> TensorBoardRun:
    """Open TensorBoard's files in ``<save_dir>/tensorboard``.

    Args:
        save_dir: Run folder.
        recorded: Configuration and origin.
    """
    return TensorBoardRun(save_dir, recorded)
