"""Pairing of images and masks."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from lungseg.data.source import UnpairedError
from lungseg.errors import DataError
from lungseg.sources.natural import natural


def paired(
    images: Collection[str], masks: Collection[str], root: Path, *, no_mask: str, no_image: str
) -> list[str]:
    """Check that each image has a mask and each mask an image.

    Args:
        images: Names of cases with an image.
        masks: Names of cases with a mask.
        root: Folder of the source, for error messages.
        no_mask: Message for a case without mask; ``{}`` is replaced by its name.
        no_image: Message for a case without image.

    Returns:
        Names of the cases, in natural order.

    Raises:
        UnpairedError: If a case has only one of the two.
    """
    both = sorted({*images, *masks}, key=natural)
    for name in both:
        if not name.isprintable():
            # Names of cases are written to UTF-8 files and to tables.
            raise DataError("a case's name is not UTF-8 text: rename it", root / name)
    reasons = {
        name: (no_mask if name not in masks else no_image).format(name)
        for name in both
        if name not in masks or name not in images
    }
    if reasons:
        first, why = next(iter(reasons.items()))
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        raise UnpairedError(f"{first}{more}: {why}", root, both, reasons)
    return both
