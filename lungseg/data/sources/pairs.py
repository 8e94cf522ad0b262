"""Each image has its mask, each mask its image."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from lungseg.data.sources.natural import natural
from lungseg.errors import DataError


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
        DataError: If a case has only one of the two.
    """
    for missing, what in (
        (set(images) - set(masks), no_mask),
        (set(masks) - set(images), no_image),
    ):
        if missing:
            first = min(missing, key=natural)
            more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise DataError(f"{first}{more}: {what.format(first)}", root)
    return sorted(images, key=natural)
