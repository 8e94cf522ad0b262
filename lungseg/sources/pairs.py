"""Pairing of images and masks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from lungseg.data.source import UnpairedError
from lungseg.errors import DataError
from lungseg.sources.maskless import HINT
from lungseg.sources.natural import natural

SKIP_HINT = "data.skip_bad_cases=true leaves such cases out"


@dataclass(frozen=True)
class Pairing:
    """Which cases have both an image and a mask.

    Attributes:
        names: All cases, in natural order.
        reasons: What is missing, by case.
        no_mask: The first case in `reasons` lacks a mask.
        root: Folder of the source, for error messages.
    """

    names: list[str]
    reasons: dict[str, str]
    no_mask: bool
    root: Path

    @property
    def whole(self) -> list[str]:
        """Names of the cases that have both."""
        return [name for name in self.names if name not in self.reasons]

    def checked(self) -> list[str]:
        """Names of the cases.

        Raises:
            UnpairedError: If a case has only one of the two.
        """
        if self.reasons:
            first, why = next(iter(self.reasons.items()))
            more = f" (and {len(self.reasons) - 1} more)" if len(self.reasons) > 1 else ""
            hint = f"{SKIP_HINT}, {HINT}" if self.no_mask else SKIP_HINT
            line = f"{first}{more}: {why}; {hint}"
            raise UnpairedError(line, self.root, self.names, self.reasons)
        return self.names


def pair_up(
    images: Collection[str], masks: Collection[str], root: Path, *, no_mask: str, no_image: str
) -> Pairing:
    """Find the mask of each image and the image of each mask.

    Args:
        images: Names of cases with an image.
        masks: Names of cases with a mask.
        root: Folder of the source, for error messages.
        no_mask: Message for a case without mask; ``{}`` is replaced by its name.
        no_image: Message for a case without image.
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
    return Pairing(both, reasons, next(iter(reasons), "") in images, root)
