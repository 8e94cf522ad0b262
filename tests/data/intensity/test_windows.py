import re

import pytest
import torch

from lungseg.config import build
from lungseg.data.intensity import Window, Windows

WINDOWS = [(-1000, 400), (-160, 240), (-1024, 3071)]


def test_each_window_has_channels_of_its_own_in_its_turn():
    hu = torch.randint(-1100, 1000, (2, 3, 4, 5), generator=torch.Generator().manual_seed(0))
    windows = Windows(WINDOWS)
    got = windows(hu.short())
    assert got.dtype == torch.float32
    assert got.shape == (2, windows.channels_out(3), 4, 5) == (2, 9, 4, 5)
    for k, window in enumerate(WINDOWS):
        assert torch.equal(got[:, 3 * k : 3 * k + 3], Window(*window)(hu))


def test_from_a_configuration():
    node = {"_target_": "lungseg.data.intensity.Windows", "windows": [[-1000, 400]]}
    assert build(node, "intensity").windows == ((-1000.0, 400.0),)


@pytest.mark.parametrize(
    ("windows", "line"),
    [
        ([], "windows must be a list of [lower, upper], got []"),
        (-1000, "windows must be a list of [lower, upper], got -1000"),
        ([-1000, 400], "windows must be a list of [lower, upper], got [-1000, 400]"),
        ([[0, 1, 2]], "windows must be a list of [lower, upper], got [[0, 1, 2]]"),
        ([[0, 1], [40, 40]], "lower must be below upper, got lower=40, upper=40"),
        (["ab"], "windows must be a list of [lower, upper], got ['ab']"),
    ],
)
def test_what_are_no_windows(windows, line):
    with pytest.raises(ValueError, match=f"^{re.escape(line)}$"):
        Windows(windows)
