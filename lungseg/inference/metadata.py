"""What an exported model says of itself: plain JSON in the file, without names of cases."""

from __future__ import annotations

import json
from typing import Any

from lungseg import __version__
from lungseg.errors import DataError

KEY = "lungseg"
"""Of the entry in the file's ``metadata_props``."""
FORMAT = 2
"""Of models that see more than a slice as it is, which format 1 cannot say."""
FORMATS = (1, FORMAT)
INPUT, PROBABILITY, LOGITS = "hu", "probability", "logits"
"""Names of the graph's input and outputs."""
TYPES: dict[str, type | tuple[type, ...]] = {
    "lungseg": str,
    "name": str,
    "precision": str,
    "threshold": (int, float),
    "batch_size": int,
    "size_multiple": int,
    "checkpoint_sha256": str,
    "cohort_sha256": str,
    "domain": dict,
    "image_sha256": dict,
    "split": dict,
}
"""What every file of this format has; it may have more."""


def read_metadata(text: str | None) -> dict[str, Any]:
    """The metadata of a model file, checked: the file may come from anywhere.

    Args:
        text: The entry in the file; None where there is none.

    Raises:
        DataError: If it is missing, damaged, or of a newer version.
    """
    if text is None:
        raise DataError("the ONNX file was not written by lungseg export: it lacks its metadata")
    try:
        metadata = json.loads(text)
    except (ValueError, RecursionError):
        raise _damaged("no JSON") from None
    if not isinstance(metadata, dict):
        raise _damaged("no JSON object")
    if metadata.get("format") not in FORMATS:
        raise DataError(
            f"the model file has format {ascii(metadata.get('format'))[:20]}, and this lungseg"
            f" ({__version__}) reads formats {FORMATS[0]} and {FORMATS[1]}: export it again"
        )
    for key, kind in TYPES.items():
        value = metadata.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise _damaged(f"{key} is missing or of another type")
    if not isinstance(metadata.get("input", {}), dict):  # earlier versions had none
        raise _damaged("input is of another type")
    if not 0 < metadata["threshold"] < 1:
        raise _damaged("threshold must be between 0 and 1")
    for key in ("batch_size", "size_multiple"):
        if metadata[key] < 1:
            raise _damaged(f"{key} must be at least 1")
    return metadata


def _damaged(why: str) -> DataError:
    return DataError(f"the model file's metadata is damaged: {why}")
