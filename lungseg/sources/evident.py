"""Cases whose mask has no geometry, and is oriented by the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case
from lungseg.errors import DataError
from lungseg.sources.align import align
from lungseg.sources.case_image import CaseImage


def evident_case(image: CaseImage, stored: NDArray[np.uint8], mask_file: Path) -> Case:
    """Add the mask of an npz file in the orientation that fits the image best.

    Args:
        image: The case's image.
        stored: The mask, 0 or 1, with unknown directions of its axes.
        mask_file: Where it was read from; named in errors.

    Raises:
        DataError: If the mask fits the image in no orientation.
    """
    try:
        mask, alignment = align(image.volume, stored)
    except ValueError as error:
        # A missing slice may be the reason why a mask does not fit, and is named first.
        grave = [finding.text for finding in image.findings if finding.severity == "error"]
        raise DataError("; ".join([*grave, str(error)]), mask_file) from None
    return image.case(mask, alignment=alignment.to_dict())
