"""The trained model of a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg.data.network_input import NetworkInput
from lungseg.errors import ConfigError, DataError

if TYPE_CHECKING:
    from lungseg.training.module import SegmentationModule


def restore(
    checkpoint: dict[str, Any],
    file: Path,
    sets: list[str],
    threshold: float,
    allow_targets: Sequence[str] = (),
) -> SegmentationModule:
    """The trained model of a checkpoint, without the loss and the optimizer of its training.

    Args:
        checkpoint: As from :func:`lungseg.runs.checkpoint.load_checkpoint`.
        file: Where it was read, for errors.
        sets: Names of the sets to evaluate.
        threshold: A pixel is lung when its probability is at least this.
        allow_targets: What the checkpoint may name beside networks of ours, torch's and MONAI's.

    Raises:
        ConfigError: If the checkpoint names a model that may not be built from a file.
        DataError: If its weights do not fit the model.
    """
    from lungseg.models.padding import PADDING, most_padding
    from lungseg.runs.recorded import build_recorded
    from lungseg.training.module import RECORD, SegmentationModule

    record = checkpoint[RECORD]
    described = record["config"]["model"]
    net = build_recorded(described, "model", allow_targets)
    if PADDING not in record:  # of an earlier version
        record = record | {PADDING: list(most_padding(net))}
    module = SegmentationModule(net, sets=sets, threshold=threshold, record=record)
    # A loss may have weights of its own, which no evaluation needs.
    weights = {
        name: value
        for name, value in checkpoint["state_dict"].items()
        if not name.startswith("loss.")
    }
    try:
        module.load_state_dict(weights)
    except RuntimeError:
        raise DataError(
            "the checkpoint's weights are of another model than the one that it names"
            f" ({described['_target_']})",
            file,
        ) from None
    return module


def recorded_input(config: dict[str, Any], allow_targets: Sequence[str] = ()) -> NetworkInput:
    """What became of slices before the network of a checkpoint saw them.

    Args:
        config: The configuration in the checkpoint's record.
        allow_targets: As in :func:`restore`.

    Raises:
        ConfigError: If it names a class that may not be built from a file, or no such settings
            exist.
    """
    from lungseg.runs.recorded import build_recorded

    intensity = build_recorded(config["intensity"], "intensity", allow_targets)
    try:
        return NetworkInput.of(intensity, config["data"])
    except ValueError as error:
        raise ConfigError(f"data: the checkpoint says {error}") from None
