"""Methods: loss, optimization, and which weights were taken."""

from __future__ import annotations

from lungseg.report.paper.folds import choices, environment, epochs, seconds_of_folds
from lungseg.report.paper.known import KNOWN, SYMBOLS
from lungseg.report.paper.prose import Bold, Code, Formula, Paragraph, Piece
from lungseg.report.paper.source import HISTORY, NOT_RECORDED, Source, plain
from lungseg.report.paper.study import Study
from lungseg.report.paper.words import TARGET, joined, node_of, of_class, several
from lungseg.report.pooled_folds import EACH
from lungseg.runs.provenance import PROVENANCE

TOLD = ("max_epochs", "accelerator", "devices", "precision", "plugins", "strategy")
"""Settings of the Trainer that have sentences of their own, or change nothing."""
QUIET = ("num_sanity_val_steps", "use_distributed_sampler", "log_every_n_steps", "num_nodes")
OURS = ("checkpoint", "progress")
LEAK = (
    "allow_test_selection=true: these runs may have used their test set for selection. Their test"
    " numbers are no evidence."
)


def loss(study: Study) -> Paragraph:
    """The loss, with its formula and values."""
    source = study.first
    pieces: list[Piece] = ["The loss was ", *of_class(source, "loss")]
    for path in (("loss",), ("loss", "region"), ("loss", "loss")):
        known = KNOWN.get(str(source.config(*path, TARGET)))
        if known is not None and known.formula:
            pieces += [":" if path == ("loss",) else "; within it, ",
                       Formula(known.formula, display=True)]  # fmt: skip
            pieces += [f"with {known.where}" if known.where else ""]
    reference, probability = SYMBOLS
    pieces += [". Here ", Formula(reference), " is the reference and ", Formula(probability),
               " the predicted probability of a pixel."]  # fmt: skip
    return Paragraph("Loss", pieces)


def optimisation(study: Study) -> Paragraph:
    """Optimizer, schedule, epochs, batches, seeds and precision."""
    source = study.first
    pieces: list[Piece] = ["The optimizer was ", *of_class(source, "optimizer"), "; "]
    if node_of(source, "scheduler"):
        pieces += ["its learning rate followed ", *of_class(source, "scheduler", "scheduler")]
        if source.config("scheduler", "interval"):
            pieces += [f", one step per {_interval(source)}"]
    else:
        pieces += ["its learning rate was constant"]
    pieces += [
        f". Training lasted {lasted(source)}, with batches of"
        f" {source.setting('data', 'batch_size')} slices{_per_process(source)}, in precision ",
        Code(source.text(PROVENANCE, "precision")),
        f". {_seeds(study)}",
    ]
    others = [name for name in node_of(source, "trainer")
              if not name.startswith("_") and name not in (*TOLD, *QUIET)]  # fmt: skip
    if others:
        told = [f"{name} {source.setting('trainer', name)}" for name in others]
        pieces += [f" Further settings of the trainer: {', '.join(told)}."]
    callbacks = [name for name in node_of(source, "callbacks") if name not in OURS]
    if callbacks:
        used = [of_class(source, "callbacks", name) for name in callbacks]
        pieces += [" Also used: ", *joined(used, "; "), "."]
    return Paragraph("Optimization", pieces)


def _interval(source: Source) -> str:
    return "batch" if source.config("scheduler", "interval") == "step" else "epoch"


def lasted(source: Source) -> str:
    """How many epochs a training had, and whether something may have ended it before."""
    n = source.setting("trainer", "max_epochs")
    most = "at most " if _stops_early(source) else ""
    return f"{most}{n} {several(int(source.config('trainer', 'max_epochs')), 'epoch')}"


def _stops_early(source: Source) -> bool:
    limits = (source.config("trainer", name) for name in ("max_steps", "max_time"))
    return by_early_stopping(source) or any(limit not in (None, -1) for limit in limits)


def by_early_stopping(source: Source) -> bool:
    """Whether a monitored number may have ended the training."""
    targets = (str(source.config("callbacks", name, TARGET))
               for name in node_of(source, "callbacks"))  # fmt: skip
    return any(target.endswith("EarlyStopping") for target in targets)


def _per_process(source: Source) -> str:
    """Nothing with one process, whose batches are all that a step sees."""
    n = source.value(PROVENANCE, *environment(source), "devices", "number")
    return "" if n == 1 else " per process"


def _seeds(study: Study) -> str:
    trained = (source for source in study.sources if source.trained)
    seeds = list(dict.fromkeys(source.setting("seed") for source in trained))
    return f"The {several(len(seeds), 'seed was', 'seeds were')} {', '.join(seeds)}."


def selection(study: Study) -> Paragraph:
    """Which weights are reported, and what chose them."""
    source = study.first
    pieces: list[Piece] = []
    if any(one.config("allow_test_selection") for one in study.sources):
        pieces += [Bold(LEAK), " "]
    lasted = epochs(source)
    whose = "" if source.pool is None else " of each fold"
    if source.evaluated("file") == "best.ckpt":
        monitor = str(source.config("callbacks", "checkpoint", "monitor"))
        pieces += [f"The reported weights{whose} are those of the epoch with the best ",
                   Code(monitor), f" (after {lasted} epochs). "]  # fmt: skip
    elif source.evaluated("file"):
        pieces += [f"The reported weights{whose} are those at the end of the training (after"
                   f" {lasted} epochs); {_end(source)}. "]  # fmt: skip
    else:
        pieces += [f"Which checkpoint the numbers are of is {NOT_RECORDED}. "]
    return Paragraph("Selection", [*pieces, *_watched(study), *_chosen(source)])


def _end(source: Source) -> str:
    """Whether results decided when the training ended."""
    if by_early_stopping(source):
        return "early stopping, by what it monitors, may have decided how many those are"
    return "no epoch was chosen by its result"


def _watched(study: Study) -> list[Piece]:
    """That test results of each epoch are recorded, and that nothing was chosen by them."""
    history = study.first.run.history
    if history is None or "test/loss" not in history:
        return []
    if any(one.config("allow_test_selection") for one in study.sources):
        return []
    return ["The test cases were also evaluated after each epoch (loss, accuracy and DSC in ",
            Code(HISTORY), "); these numbers chose nothing: no epoch, and not the end of the"
            " training. "]  # fmt: skip


def _chosen(source: Source) -> list[Piece]:
    """The choice of post-processing, where there was one."""
    if of_folds := choices(source):
        return of_folds
    choice = source.evaluated("postprocess_choice")
    if choice is None:
        return ["Nothing else was chosen by results of this run; how its settings were chosen is"
                " left to the author."]  # fmt: skip
    at = ("evaluation", "postprocess_choice")
    scores = [f"{name} {source.text(PROVENANCE, *at, 'dsc', name, form='{:.4f}'.format)}"
              for name in choice["dsc"]]  # fmt: skip
    n = source.text(PROVENANCE, *at, "n_cases")
    return [f"Post-processing ({choice['name']}) was chosen by the mean DSC of {n} validation"
            f" cases: {', '.join(scores)}."]  # fmt: skip


def training_time(source: Source) -> str:
    """Wall time of all epochs, of all folds together; ``not recorded`` if any lacks it."""
    if source.pool is not None:
        total = seconds_of_folds(source)
        key = f"sum(pool.{EACH}.seconds)"
        if total is None:
            return NOT_RECORDED
        shown = source.note(_duration(total), plain(total), PROVENANCE, key)
        return f"{shown} for all folds"
    history = source.run.history
    if history is None or "epoch_seconds" not in history or history["epoch_seconds"].isna().any():
        return NOT_RECORDED
    seconds = float(history["epoch_seconds"].sum())
    return source.note(_duration(seconds), plain(seconds), HISTORY, "sum(epoch_seconds)")


def _duration(seconds: float) -> str:
    """A time in a unit in which it is a few digits long.

    Example:
        >>> _duration(34.1), _duration(1612.8), _duration(90000)
        ('34.1 s', '26.9 min', '25 h')
    """
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"
