"""``lungseg evaluate``: one pass over all sets of a run, to tables."""

from __future__ import annotations

import csv
import io
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from lungseg.config import build
from lungseg.data.cohort import Cohort, open_cohort
from lungseg.data.split import Split
from lungseg.data.store import write_json
from lungseg.errors import ConfigError, DataError

if TYPE_CHECKING:
    import numpy as np
    import pytorch_lightning as pl
    from numpy.typing import NDArray

    from lungseg.data.datamodule import SliceDataModule
    from lungseg.training.module import SegmentationModule

log = logging.getLogger(__name__)

COLUMNS = ("split", "case", "z", "tp", "fp", "fn", "tn", "mask_fraction", "dsc", "accuracy")


def run(config: DictConfig, run_dir: Path) -> dict[str, Any]:
    """Evaluate a run folder's checkpoint on the run's own cases, and write its tables anew."""
    import pytorch_lightning as pl

    from lungseg.data.datamodule import SliceDataModule
    from lungseg.training.device import resolve_precision
    from lungseg.training.module import RECORD, SegmentationModule
    from lungseg.training.progress import EpochBar
    from lungseg.training.resume import load_checkpoint

    if OmegaConf.is_missing(config, "run"):
        raise ConfigError("run: must be given: run=outputs/<date>/<time>")
    folder = Path(config.run)
    checkpoint = load_checkpoint(_result(folder))
    record = checkpoint[RECORD]
    trained = OmegaConf.create(record["config"])
    cohort = open_cohort(config.store or record["store"])
    if cohort.sha256 != record["cohort_sha256"]:
        raise DataError(
            "the prepared cases are not those that the run was trained with (cohort hash differs)",
            cohort.store,
        )
    split = Split(**record["split"])
    data = SliceDataModule(
        cohort,
        split,
        build(trained.intensity, "intensity"),
        batch_size=trained.data.batch_size,
        num_workers=trained.data.num_workers,
        cache_gib=0,
        seed=trained.seed,
    )
    module = SegmentationModule(
        build(trained.model, "model"),
        build(trained.loss, "loss"),
        build(trained.optimizer, "optimizer"),
        eval_sets=data.eval_sets,
        threshold=config.metrics.threshold or trained.metrics.threshold,
    )
    module.load_state_dict(checkpoint["state_dict"])
    trainer = pl.Trainer(
        accelerator=trained.trainer.accelerator,
        devices=1,
        precision=resolve_precision(  # type: ignore[arg-type]
            trained.trainer.precision, trained.trainer.accelerator
        ),
        logger=False,
        callbacks=[EpochBar()],
        enable_model_summary=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        use_distributed_sampler=False,
    )
    empty = config.metrics.empty_dsc or trained.metrics.empty_dsc
    return evaluate(module, data, trainer, cohort, split, folder, empty=empty)


def _result(folder: Path) -> Path:
    """The checkpoint that a run ended with: the best where a validation set chose one."""
    if not folder.is_dir():
        raise DataError("no such run folder", folder)
    best = folder / "checkpoints" / "best.ckpt"
    return best if best.is_file() else folder / "checkpoints" / "last.ckpt"


def evaluate(
    module: SegmentationModule,
    data: SliceDataModule,
    trainer: pl.Trainer,
    cohort: Cohort,
    split: Split,
    folder: Path,
    *,
    empty: str,
) -> dict[str, Any]:
    """Count every slice of every set in one pass; write ``slices.csv`` and ``summary.json``; print.

    Args:
        module: The trained model.
        data: Slices by set.
        trainer: Runs the pass.
        cohort: Gives cases their names.
        split: The sets.
        folder: Run folder.
        empty: DSC of slices with neither reference nor prediction: ``zero``, ``one`` or ``nan``.

    Returns:
        The summary by set.
    """
    from lungseg.metrics.table import summarize

    trainer.test(module, data, verbose=False)
    tables = {name: module.table(name) for name in split.sets()}
    summary: dict[str, Any] = {}
    for name, table in tables.items():
        _, _, *counts = table.T
        summary[name] = {**summarize(*counts), "n_cases": len(split.sets()[name])}
    if trainer.is_global_zero:
        _write_slices(folder / "evaluation" / "slices.csv", tables, cohort.names, empty)
        write_json(folder / "evaluation" / "summary.json", summary)
        print_summary(summary, synthetic=cohort.synthetic)
    return summary


def _write_slices(
    file: Path, tables: dict[str, NDArray[np.int64]], names: list[str], empty: Any
) -> None:
    """A row a slice: exact counts, and what follows from them."""
    import math

    from lungseg.metrics.table import accuracy, dsc

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, table in tables.items():
        _, _, tp, fp, fn, tn = table.T
        fraction = (tp + fn) / (tp + fp + fn + tn)
        rows = zip(
            table.tolist(),
            fraction.tolist(),
            dsc(tp, fp, fn, empty).tolist(),
            accuracy(tp, fp, fn, tn).tolist(),
            strict=True,
        )
        for (case, *counts), share, overlap, right in rows:
            shown = "" if math.isnan(overlap) else overlap
            writer.writerow([name, names[case], *counts, share, shown, right])
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".csv.part")
    part.write_text(text.getvalue())
    os.replace(part, file)


ROWS = {
    "accuracy_mean": "mean accuracy (slices)",
    "dsc_mean_nonempty": "mean DSC (non-empty slices)",
    "recall": "recall (pooled lung pixels)",
    "specificity": "specificity (pooled other pixels)",
    "precision": "precision (pooled predicted pixels)",
    "share_excellent": "share called excellent (slices)",
}


def print_summary(summary: dict[str, Any], *, synthetic: bool) -> None:
    """Print the numbers of all sets side by side, each with its n."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    title = "SYNTHETIC data: these numbers say nothing about patients" if synthetic else None
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name in summary:
        table.add_column(name, justify="right", no_wrap=True)
        table.add_column("n", justify="right", no_wrap=True, style="dim")
    for key, label in ROWS.items():
        cells = []
        for numbers in summary.values():
            value, n = numbers[key]["value"], numbers[key]["n"]
            cells += ["-" if value is None else f"{value:.4f}", f"{n:,}"]
        table.add_row(label, *cells)
    table.add_section()
    for key, label in (
        ("n_cases", "cases"),
        ("n_slices", "slices"),
        ("n_empty", "of them with empty reference"),
    ):
        cells = []
        for numbers in summary.values():
            cells += ["", f"{numbers[key]:,}"]
        table.add_row(label, *cells)
    console = Console()
    # Better lines that wrap than figures cut short.
    console.width = max(console.width, 38 + 22 * len(summary))
    console.print(table)
