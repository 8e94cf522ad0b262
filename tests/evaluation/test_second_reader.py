"""What is kept and told of the files of a second reader."""

import numpy as np

from lungseg.evaluation.masks import MaskScores
from lungseg.evaluation.second_reader import SecondReader, warnings_of_reader

FLIP = "flipped feet to head its DSC would be 0.98 instead of 0.31: is its geometry right?"


class Files:
    """As `CaseMasks`, of which nothing was read."""

    notes = {"Case_1": ["the mask: a note"]}  # noqa: RUF012

    def record(self):
        return {"masks_sha256": {"Case_1": "abc"}, "files_of_no_case": 2, "resampled": []}


def test_hashes_notes_and_flips_are_kept_and_a_flip_is_told():
    scores = MaskScores(np.zeros((0, 6), np.int64), {}, None, flips={"Case_1": FLIP})
    record = SecondReader(["Case_1"], scores, ["Case_1"], Files()).record()
    assert record == {
        "masks_sha256": {"Case_1": "abc"},
        "files_of_no_case": 2,
        "notes": {"Case_1": ["the mask: a note"]},
        "flips": {"Case_1": FLIP},
    }
    assert warnings_of_reader(record) == [
        f"The second reader, Case_1: the mask lies elsewhere: {FLIP}"
    ]
    assert warnings_of_reader(None) == []
