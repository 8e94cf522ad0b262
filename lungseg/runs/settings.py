"""Every setting of every command: what it shapes, and which commands read it.

One table answers four questions: whether a run may resume with another value (`runs.resume`),
whether the trials of one study may differ in it (`search.facts`), whether a comparison of runs
shows it (`report.differences`), and whether anything reads it at all (`runs.unread`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache


class Shapes(Enum):
    """What another value of a setting changes."""

    WEIGHTS = "the weights that a run ends with"
    RESULT = "the numbers of a run, which may resume with another value all the same"
    SPEED = "how fast a run is and what memory it takes: its weights but for rounding"
    PLACE = "where things are, and what is written or shown"


@dataclass(frozen=True)
class Row:
    """What the table says of a key, or of keys that are alike.

    Attributes:
        pattern: A key such as ``loss.alpha``. ``*`` is any one word; ``.**`` at the end is any
            argument of the class that ``_target_`` of that node names, which refuses those that it
            does not know.
        shapes: What another value changes.
        read_by: Commands whose code reads it. Without any, only another setting that refers to it
            (``${data.cases}``) makes it count.
    """

    pattern: str
    shapes: Shapes
    read_by: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The pattern's words."""
        return tuple(self.pattern.split("."))

    @property
    def node(self) -> str | None:
        """The node whose class takes what matches; None where the pattern names a key."""
        return self.pattern.removesuffix(".**") if self.pattern.endswith(".**") else None

    def matches(self, key: str) -> bool:
        """Whether the pattern matches a key."""
        words, given = self.words, key.split(".")
        if words[-1] == "**":
            words, given = words[:-1], given[: len(words) - 1] if len(given) >= len(words) else []
        return len(words) == len(given) and all(
            word in ("*", other) for word, other in zip(words, given, strict=True)
        )


COMMANDS = (
    *("prepare", "preview", "train", "evaluate", "predict", "export", "compare", "pool"),
    *("plan", "paper", "deidentify"),
)
CASES = ("prepare", "preview", "train", "evaluate", "export")
NONE: tuple[str, ...] = ()


def _rows() -> Iterator[tuple[Shapes, tuple[str, ...], str]]:
    """Rows with the same answers together, their patterns separated by white space."""
    weights, result, speed, place = Shapes
    train = ("train",)

    yield weights, train, "init freeze lr_scale sampling.**"
    yield weights, ("train", "pool"), "allow_test_selection"
    yield weights, train, "model.** loss.** optimizer.**"
    yield weights, ("train", "preview"), "seed intensity.** augment.**"
    yield weights, train, "scheduler.interval scheduler.monitor scheduler.steps_as"
    yield weights, train, "scheduler.scheduler.**"
    # Checkpoints choose the weights that are evaluated. Early stopping resumes with its old
    # patience, whatever a new configuration says.
    yield weights, train, "callbacks.*.**"
    # The direction follows from the name of the monitor: by itself it says nothing.
    yield place, train, "callbacks.*.mode scheduler.scheduler.mode"
    # How early stopping meets epochs without a validation; earlier versions did not say.
    yield place, train, "callbacks.early_stopping.check_on_train_epoch_end"
    yield place, train, "callbacks.early_stopping.strict"
    yield place, train, "callbacks.progress.**"
    yield weights, ("train", "preview"), "data.outside data.crop data.matrix_size data.spacing"
    yield weights, ("train", "preview"), "data.context data.context_mm"
    # Slices per step: the batch size is that of each process.
    yield weights, train, "data.batch_size trainer.num_nodes"
    yield weights, ("train", "evaluate"), "trainer.devices"
    yield weights, train, "trainer.**"
    yield result, train, "trainer.max_epochs trainer.min_epochs"
    yield result, train, "trainer.max_steps trainer.min_steps trainer.max_time"
    yield speed, ("train", "evaluate"), "trainer.accelerator"
    yield speed, train, "trainer.strategy trainer.deterministic trainer.benchmark"
    yield speed, train, "trainer.inference_mode trainer.detect_anomaly trainer.num_sanity_val_steps"
    yield place, train, "trainer.log_every_n_steps trainer.profiler trainer.model_registry"
    yield place, train, "trainer.enable_autolog_hparams"
    # The program sets these itself; another value would be recorded and ignored.
    yield place, NONE, "trainer.callbacks trainer.logger trainer.default_root_dir"
    yield place, NONE, "trainer.enable_progress_bar trainer.enable_checkpointing"
    yield place, NONE, "trainer.enable_model_summary logger.outputs logger.recorded"
    yield place, NONE, "callbacks.checkpoint.dirpath callbacks.checkpoint.select"

    # The threshold decides val/dsc, by which the best epoch may be chosen.
    yield weights, ("train", "evaluate"), "metrics.threshold"
    yield result, ("train", "evaluate"), "metrics.empty_dsc"
    yield place, ("train", "evaluate"), "metrics.subgroups"

    # Cases and sets: a resumed run compares the cases' hash and the names in each set.
    yield result, ("train", "evaluate", "export"), "split.** split.table"
    yield result, CASES, "data.source.** data.name data.patients data.skip_bad_cases"
    yield result, CASES, "data.on_finding data.on_finding.*"
    yield result, NONE, "data.cases data.series data.masks data.images data.lungs.*"
    yield result, NONE, "data.labels.* data.spacing_mm data.numbers_run data.hu_from data.window"
    yield result, NONE, "data.hu_from.* data.masks.* data.n_cases data.size data.n_slices data.seed"
    yield result, NONE, "data.kinds"
    yield place, CASES, "data.root data.store data.export_npz data.patient_key"
    yield place, CASES, "data.source.root data.source.numbers"
    yield place, NONE, "data.numbers"

    yield speed, train, "data.num_workers data.cache_gib data.cache compile"
    yield speed, (*CASES, "predict"), "parallel.n_jobs parallel.backend parallel.address"

    yield place, COMMANDS, "outputs stop_on_error"
    yield place, train, "ckpt_path logger.** logger.mlflow.** logger.tensorboard.**"
    yield place, ("train", "evaluate", "pool"), "report"
    yield place, ("evaluate",), "ckpt stress predictions.path"
    yield place, ("train", "evaluate"), "data.second_reader"
    yield result, ("evaluate",), "predictions.labels predictions.resample predictions.missing"
    yield place, ("evaluate", "export"), "run"
    yield place, ("evaluate", "export", "paper"), "store"
    yield place, ("evaluate", "predict", "export"), "allow_targets"
    yield result, ("export",), "precision"
    yield place, ("export",), "dataset"
    of_runs = ("compare", "pool", "plan", "paper")
    yield place, of_runs, "runs"
    yield place, (*of_runs, "deidentify", "predict", "export", "preview"), "output"
    yield place, ("preview",), "n"
    yield result, ("compare", "plan"), "metric set"
    yield result, ("compare",), "reference"
    yield result, ("plan",), "width difference power correlation"
    yield place, ("deidentify", "predict"), "input"
    yield place, ("deidentify",), "key"
    yield place, ("evaluate", "predict"), "models"
    yield place, ("predict",), "formats probabilities overwrite on_doubt"
    yield speed, ("predict",), "device"
    yield result, ("predict",), "spacing_mm slices.* slices.hu_from.* tta"
    yield result, ("train", "evaluate", "predict"), "postprocess.**"
    yield result, ("deidentify",), "retain_patient_characteristics lungs.*"


TABLE = tuple(
    Row(pattern, shapes, read_by)
    for shapes, read_by, patterns in _rows()
    for pattern in patterns.split()
)


@cache
def row_of(key: str) -> Row | None:
    """The most specific row that matches a key; None for an unknown key."""
    rows = [row for row in TABLE if row.matches(key)]
    return max(rows, key=lambda row: [word not in ("*", "**") for word in row.words], default=None)


def shapes(key: str) -> Shapes:
    """What another value of a setting changes; an unknown one shapes the weights.

    >>> shapes("parallel.n_jobs").name, shapes("trainer.gradient_clip_val").name
    ('SPEED', 'WEIGHTS')
    """
    row = row_of(key)
    return Shapes.WEIGHTS if row is None else row.shapes


def concerns_result(key: str) -> bool:
    """Whether runs that differ in this setting may differ in their numbers.

    >>> concerns_result("trainer.max_epochs"), concerns_result("outputs")
    (True, False)
    """
    return shapes(key) in (Shapes.WEIGHTS, Shapes.RESULT)


def known_keys(command: str) -> Iterable[str]:
    """Keys that a command's code reads by name, whatever its configuration."""
    return (row.pattern for row in TABLE if command in row.read_by and "*" not in row.pattern)
