"""One Weights & Biases run per training, closed whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg.arguments.training import check_wandb
from lungseg.training.tracker import Overlay, Tracker, summary_numbers

if TYPE_CHECKING:
    from argparse import Namespace

    import wandb

LABELS = {1: "lung"}


class WandbRun(Tracker):
    """Passes one row per epoch to a W&B run.

    Lightning's own WandbLogger logs training and evaluation as separate steps and by global step;
    here each epoch is one point of every series.

    Args:
        run: An open W&B run.
    """

    def __init__(self, run: wandb.Run) -> None:
        super().__init__()
        self.run = run

    @property
    def name(self) -> str | None:
        """Name of the run."""
        return self.run.name

    @property
    def version(self) -> str:
        """Id of the run."""
        return self.run.id

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Log one row."""
        self.run.log(metrics)

    def noted(self) -> dict[str, str]:
        """The run's id."""
        return {"wandb_run_id": self.version}

    def log_overlays(self, name: str, overlays: Sequence[Overlay], epoch: int) -> None:
        """Log slices with masks that the page of the run can hide."""
        import wandb

        images = []
        for overlay in overlays:
            masks = {"reference": overlay.reference, "prediction": overlay.prediction}
            shown = {
                kind: {"mask_data": mask.astype("uint8"), "class_labels": LABELS}
                for kind, mask in masks.items()
            }
            images.append(wandb.Image(overlay.image, caption=overlay.caption, masks=shown))
        self.run.log({name: images, "epoch": epoch})

    def log_picture(self, name: str, file: Path, epoch: int) -> None:
        """Log a picture from a file."""
        import wandb

        self.run.log({name: wandb.Image(str(file)), "epoch": epoch})

    def log_curve(self, name: str, file: Path, epoch: int) -> None:
        """Log ``pr_curve.csv`` as a plot of precision against recall."""
        import numpy as np
        import pandas as pd
        import wandb

        rows = pd.read_csv(file)[["recall", "precision"]]
        # W&B draws a few thousand points at most; the last one completes the curve.
        shown = np.linspace(0, len(rows) - 1, min(len(rows), 1000)).round().astype(int)
        table = wandb.Table(dataframe=rows.iloc[shown])
        plot = wandb.plot.line(table, "recall", "precision", title="precision-recall, test pixels")
        self.run.log({name: plot, "epoch": epoch})

    def log_summary(self, summary: dict[str, dict[str, Any]], epoch: int) -> None:
        """Log the evaluation: ``evaluation/<set>/<metric>``."""
        for key, number in summary_numbers(summary).items():
            self.run.summary[key] = number

    def finish(self, exit_code: int = 0) -> None:
        """Close the run; another one may be opened in this process."""
        self.run.finish(exit_code=exit_code)

    def log_hyperparams(
        self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any
    ) -> None:
        """The configuration is given when the run is opened."""


def start_run(
    *,
    mode: str,
    project: str,
    outputs: str | Path,
    recorded: dict[str, Any],
    name: str | None = None,
    group: str | None = None,
    job_type: str | None = None,
    tags: list[str] | None = None,
) -> WandbRun:
    """Open a W&B run with its files in ``<outputs>/wandb``.

    The command line and the console are not recorded: both may contain paths of patients' data.

    Args:
        mode: ``offline`` or ``online``.
        project: W&B project.
        outputs: Folder of all results.
        recorded: Configuration and origin; runs can be grouped by any of its keys.
        name: Name of the run; chosen by W&B by default.
        group: The sweep that the run belongs to.
        job_type: Kind of run.
        tags: Free labels.

    Raises:
        ConfigError: If the mode is unknown.
    """
    check_wandb(mode=mode)
    import wandb

    Path(outputs).mkdir(parents=True, exist_ok=True)
    run = wandb.init(
        mode=mode,  # type: ignore[arg-type]
        project=project,
        dir=str(outputs),
        name=name,
        group=group,
        job_type=job_type,
        tags=tags,
        config=recorded,
        reinit="create_new",
        settings=wandb.Settings(
            console="off",
            disable_git=True,
            disable_code=True,
            disable_job_creation=True,
            x_disable_meta=True,
            silent=mode == "offline",
        ),
    )
    run.define_metric("epoch")
    run.define_metric("*", step_metric="epoch")
    return WandbRun(run)
