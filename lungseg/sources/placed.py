"""Cases whose mask is placed by its geometry, and compared with the image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case
from lungseg.findings import Finding
from lungseg.sources.align import MIN_SCORE, score
from lungseg.sources.case_image import CaseImage


def placed_case(image: CaseImage, mask: NDArray[np.uint8], sides: NDArray[np.uint8] | None) -> Case:
    """Add a mask and its alignment score; a low score is reported, but the mask is not moved.

    Args:
        image: The case's image.
        mask: 0 or 1, uint8 ``[z, y, x]``, on the image's grid.
        sides: As in :class:`~lungseg.data.case.Case`.
    """
    fit = round(score(image.volume, mask), 4)
    more = []
    if not mask.any():
        more.append(Finding("mask-empty", "error", "the mask is empty"))
    elif fit < MIN_SCORE:
        text = (
            f"the image gives little evidence for the mask's position: score {fit:.2f}, on lungs"
            f" at least {MIN_SCORE}"
        )
        more.append(Finding("mask-score", "warning", text))
    return image.case(mask, sides, {"flip": [False, False, False], "score": fit}, more)
