"""A mask with geometry is not moved; how badly it fits decides what is said."""

import numpy as np
import pytest

from lungseg.data.rules import Rules
from lungseg.errors import DataError
from lungseg.findings import judge
from lungseg.sources.case_image import CaseImage
from lungseg.sources.placed import placed_case
from lungseg.volume import Volume


def placed(columns):
    """One row of 4 mm pixels per slice: air in columns 10 to 19, tissue elsewhere.

    The mask covers `columns`; around it, 10 mm are two pixels (2.5, rounded to even) on each side.
    """
    voxels = np.zeros((1, 1, 40), np.int16)
    voxels[..., 10:20] = -800
    mask = np.zeros(voxels.shape, np.uint8)
    mask[..., columns] = 1
    image = CaseImage("a", Volume(voxels, np.diag([4.0, 4, 4, 1])), {}, [], "0" * 64)
    return placed_case(image, mask, None).audit


@pytest.mark.parametrize(
    ("columns", "score", "severity"),
    [
        (slice(10, 20), 1.0, None),  # all air under it, none in the four pixels around
        (slice(8, 12), 2 / 4 - 2 / 4, "warning"),  # 8 and 9 tissue; of 6, 7, 12, 13 two are air
        (slice(20, 25), 0 - 2 / 4, "error"),  # tissue; of 18, 19, 25, 26 two are air
    ],
)
def test_the_score_decides(columns, score, severity):
    audit = placed(columns)
    assert audit["alignment"] == {"flip": [False] * 3, "score": pytest.approx(score)}
    found = [(one["code"], one["severity"]) for one in audit["findings"]]
    assert found == ([("mask-score", severity)] if severity else [])


def test_by_default_only_a_mask_beside_the_lungs_stops():
    judge(placed(slice(8, 12))["findings"], Rules().on_finding)
    beside = placed(slice(20, 25))["findings"]
    with pytest.raises(DataError, match=r"beside the lungs: score -0\.50.*error=warn accepts it"):
        judge(beside, Rules().on_finding)
    judge(beside, {"error": "warn"})
