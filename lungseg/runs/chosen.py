"""The post-processing that a training chose on its validation cases, kept in its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lungseg.errors import ConfigError
from lungseg.runs.checkpoint import LAST, load_checkpoint
from lungseg.runs.named import BEST

CHOICE = "postprocess"
"""Key of a record that says what was chosen; there is none before the end of the training."""
AUTO = "lungseg.inference.postprocess.Auto"


def is_auto(node: Mapping[str, Any] | None) -> bool:
    """Whether the setting ``postprocess`` leaves the choice to the training.

    >>> is_auto({"_target_": "lungseg.inference.postprocess.Auto"}), is_auto({}), is_auto(None)
    (True, False, False)
    """
    return node is not None and node.get("_target_") == AUTO


def refuse_auto(node: Mapping[str, Any] | None) -> None:
    """Refuse ``postprocess=auto`` where nothing is trained.

    Raises:
        ConfigError: Likewise.
    """
    if is_auto(node):
        raise ConfigError(
            "postprocess=auto: only a training chooses, on its validation cases; take none or"
            " lungs, or leave it out for what the training chose"
        )


def is_undecided(record: Mapping[str, Any]) -> bool:
    """Whether a checkpoint is of a training that was to choose, and did not get so far."""
    return is_auto(record["config"].get("postprocess")) and CHOICE not in record


def postprocess_of(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The node of the post-processing with which a model was evaluated.

    Args:
        record: Of a checkpoint.

    Raises:
        ConfigError: If its training was to choose, and did not get so far.
    """
    if is_undecided(record):
        raise ConfigError(
            "postprocess: the training of this checkpoint ended before it chose (postprocess=auto);"
            " resume it, or in predict and evaluate take none or lungs"
        )
    noted = record["config"].get("postprocess")
    node: dict[str, Any] | None = record[CHOICE]["node"] if is_auto(noted) else noted
    return node


def told(choice: Mapping[str, Any]) -> str:
    """How a choice was made, as shown on the page and on the screen.

    Example:
        >>> told({"name": "lungs", "n_cases": 2, "dsc": {"none": 0.95, "lungs": 0.9712}})
        'postprocess=lungs chosen on 2 validation cases: DSC 0.9712 against 0.9500 with none'
    """
    name, n = choice["name"], choice["n_cases"]
    other = "none" if name == "lungs" else "lungs"
    scores = choice["dsc"]
    return (
        f"postprocess={name} chosen on {n} validation case{'s' if n != 1 else ''}: DSC"
        f" {scores[name]:.4f} against {scores[other]:.4f} with {other}"
    )


def keep_choice(folder: Path, choice: Mapping[str, Any]) -> None:
    """Add the choice to the checkpoints of a run, so that a copy of one elsewhere knows it too.

    Args:
        folder: Run folder.
        choice: Plain containers.
    """
    from lungseg.training.module import RECORD
    from lungseg.training.whole_files import save_whole

    for name in (LAST, BEST):
        file = folder / name
        if not file.is_file():  # a run may keep none
            continue
        checkpoint = load_checkpoint(file)
        checkpoint[RECORD][CHOICE] = dict(choice)
        save_whole(checkpoint, file)
