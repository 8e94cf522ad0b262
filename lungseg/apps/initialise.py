"""``init=RUN|CKPT``: a training starts from the weights of another one."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg.data.cohort import Cohort
from lungseg.data.network_input import SETTINGS
from lungseg.errors import ConfigError, DataError
from lungseg.evaluation.known import patients_not_compared, sets_seen
from lungseg.files import short
from lungseg.runs.checkpoint import load_checkpoint
from lungseg.runs.lineage import INIT, describe_init, selected_on_test
from lungseg.runs.named import weights_in
from lungseg.runs.resume import differences
from lungseg.splits import Split

if TYPE_CHECKING:
    from lungseg.training.module import SegmentationModule

log = logging.getLogger(__name__)

INPUT_KEYS = tuple(f"data.{key}" for key in SETTINGS)
"""What becomes of a slice before the network sees it, beside the intensity."""
SHOWN = 3
"""Names of tensors that are listed."""


def weights_file(init: str) -> Path:
    """The checkpoint that the setting names; of a run the one that is evaluated.

    Raises:
        DataError: If there is none.
    """
    path = Path(init)
    file = weights_in(path) if path.is_dir() else path
    if not file.is_file():
        raise DataError(f"{INIT}: neither a checkpoint nor the folder of a run that has one", path)
    return file


def initialise(
    module: SegmentationModule, record: dict[str, Any], file: Path, cohort: Cohort, split: Split
) -> None:
    """Set the weights of a network, and note in the record where they are from.

    Args:
        module: Whose network is set.
        record: Of the run.
        file: The checkpoint.
        cohort: All cases of the run.
        split: Cases of each set.

    Raises:
        ConfigError: If the checkpoint has seen a case of the test set, or is of another network.
        DataError: If it cannot be read.
    """
    checkpoint = load_checkpoint(file)
    theirs = checkpoint["lungseg"]
    refuse_seen_cases(cohort, split, theirs)
    _warn_of_changes(theirs["config"], record["config"])
    _load(module, record, checkpoint, file)
    record[INIT] = describe_init(file, theirs)


def refuse_seen_cases(cohort: Cohort, split: Split, record: dict[str, Any]) -> None:
    """Stop where a pre-training has seen what is to test; warn where it has seen what chooses.

    Args:
        cohort: All cases of the run.
        split: Cases of each set.
        record: Of the pre-training.

    Raises:
        ConfigError: Naming the cases of the test set.
    """
    _, seen = sets_seen(cohort, record, INIT)
    telling = ("train", "val", "test") if selected_on_test(record) else ("train", "val")
    known = {
        name: [case for case in cases if seen.get(case) in telling]
        for name, cases in split.sets().items()
    }
    if tested := known.get("test"):
        raise ConfigError(
            f"{INIT}: the pre-training has seen {', '.join(tested)} of the test set, or a scan of"
            " the same patient; put these cases into the training set, or leave them out"
        )
    if chosen := known.get("val"):
        log.warning(
            f"{INIT}: the pre-training has seen {', '.join(chosen)} of the validation set, or a"
            " scan of the same patient: the best epoch is chosen by what is known already"
        )
    why = patients_not_compared(cohort, record)
    if why is not None and not cohort.synthetic:
        log.warning(
            f"{INIT}: cases of the pre-training were looked for by their images alone, not by their"
            f" patients: {why}"
        )


def _warn_of_changes(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Say what the weights were not made for: another network, or another input of it."""
    changed = [
        f"{key}={old} (now {new})"
        for key, (old, new) in differences(before, now).items()
        if key.startswith(("model.", "intensity.")) or key in INPUT_KEYS
    ]
    if changed:
        log.warning(f"{INIT}: the pre-training had {', '.join(changed)}")


def _load(
    module: SegmentationModule, record: dict[str, Any], checkpoint: dict[str, Any], file: Path
) -> None:
    from lungseg.training.initial import load_fitting

    weights = {
        name.removeprefix("net."): tensor
        for name, tensor in checkpoint["state_dict"].items()
        if name.startswith("net.")
    }
    fit = load_fitting(module.net, weights)
    n = len(fit.taken) + len(fit.left)
    if not fit.taken:
        here, there = (one["config"]["model"] for one in (record, checkpoint["lungseg"]))
        raise ConfigError(
            f"{INIT}: no weight of {_described(there)} fits {_described(here)}; choose the model of"
            " the pre-training, or leave init out"
        )
    channels = ""
    if fit.channels:
        before, now = fit.channels
        channels = f", with the weights of {before} input channels shared among {now}"
    log.info(f"initial weights: {len(fit.taken)} of {n} tensors from {short(file)}{channels}")
    if fit.left:
        more = f" and {len(fit.left) - SHOWN} more" if len(fit.left) > SHOWN else ""
        log.warning(f"not among them, so random: {', '.join(fit.left[:SHOWN])}{more}")


def _described(model: dict[str, Any]) -> str:
    """A network as the settings have it."""
    given = [f"{key}={value}" for key, value in model.items() if not key.startswith("_")]
    return f"{model['_target_'].rpartition('.')[2]}({', '.join(given)})"
