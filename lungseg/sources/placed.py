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

    Below 0 there is less air under the mask than around it: wherever it belongs, not here. From 0
    to the limit a diseased lung, or a coarse mask, may be the reason.

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
        if fit < 0:
            text = (
                f"the mask lies beside the lungs: score {fit:.2f}, so there is less air under it"
                " than around it; is it mirrored, shifted, or another scan's?"
            )
        more.append(Finding("mask-score", "error" if fit < 0 else "warning", text))
    return image.case(mask, sides, {"flip": [False, False, False], "score": fit}, more)
