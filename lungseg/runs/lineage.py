"""What a model has seen, also before a training that started from other weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lungseg.files import sha256_of

INIT = "init"
"""Key of a record that says which weights a training started from."""
TEST_SELECTION = "allow_test_selection"
TELLING = ("split", "image_sha256", "patient_digests")


def lineage(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A checkpoint's record, and of every training before it what tells the scans that it saw."""
    return [record, *(record.get(INIT) or {}).get("seen", [])]


def images_of(record: Mapping[str, Any], set_name: str) -> set[str]:
    """Hashes of the images that a set of a training had, or of one before it."""
    return {
        one["image_sha256"][name]
        for one in lineage(record)
        for name in one.get("split", {}).get(set_name, ())
        if name in (one.get("image_sha256") or {})
    }


def describe_init(file: Path, record: dict[str, Any]) -> dict[str, Any]:
    """What a record says of the weights that a training starts from; not their path.

    Args:
        file: The checkpoint.
        record: Its record.
    """
    seen = [{key: one.get(key) for key in TELLING} for one in lineage(record)]
    return {
        "sha256": sha256_of(file).hex(),
        "seen": seen,
        TEST_SELECTION: selected_on_test(record),
    }


def selected_on_test(record: Mapping[str, Any]) -> bool:
    """Whether a training, or one before it, could choose its weights by its test set."""
    before = (record.get(INIT) or {}).get(TEST_SELECTION)
    return bool(before or record.get("config", {}).get(TEST_SELECTION))
