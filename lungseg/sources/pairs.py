"""Each image has its mask, each mask its image."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from lungseg.data.source import UnpairedError
from lungseg.errors import DataError
from lungseg.sources.natural import natural


def paired(
    images: Collection[str], masks: Collection[str], root: Path, *, no_mask: str, no_image: str
) -> list[str]:
    """Names of the cases, in natural order.

    Args:
        images: Names of cases with an image.
        masks: Names of cases with a mask.
        root: Folder of the source, for the error's sake.
        no_mask: What to say of a case without mask; ``{}`` stands for its name.
        no_image: Likewise without image.

    Raises:
        UnpairedError: If a case has only one of the two.
    """
    both = sorted({*images, *masks}, key=natural)
    for name in both:
        if not name.isprintable():
            # Names of cases stand in files that are UTF-8, and in tables.
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
