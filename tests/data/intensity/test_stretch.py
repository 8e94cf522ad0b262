import re

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from lungseg.config import build, conf_dir
from lungseg.data.intensity import Stretch, Window

WIDE = OmegaConf.to_container(OmegaConf.load(conf_dir() / "intensity" / "wide.yaml"))
LUNG = OmegaConf.to_container(OmegaConf.load(conf_dir() / "intensity" / "lung.yaml"))
HU = np.arange(-1200, 3200, dtype=np.int16)


@pytest.mark.parametrize("knots", [WIDE["knots"], [(0, 0), (10, 1)], [(-9.5, 0), (0, 0.9), (1, 1)]])
def test_equals_numpys_interpolation(knots):
    expected = np.interp(HU, *zip(*knots, strict=True))
    got = Stretch(knots)(torch.from_numpy(HU).view(1, 2, -1, 8))
    assert got.dtype == torch.float32
    assert got.shape == (1, Stretch(knots).channels_out(2), len(HU) // 16, 8)
    np.testing.assert_allclose(got.flatten().numpy(), expected, atol=1e-6)
    assert got.min() == 0
    assert got.max() <= 1


def test_two_knots_are_a_window():
    hu = torch.from_numpy(HU)
    torch.testing.assert_close(Stretch([(-1000, 0), (400, 1)])(hu), Window(-1000, 400)(hu))


def test_the_wide_range_keeps_apart_what_the_lung_window_merges():
    """Padding, outside air, the air of a bulla, and emphysema; in that order as in HU."""
    hu = torch.tensor([-1024, -1000, -985, -930])
    wide, lung = build(WIDE, "intensity")(hu), build(LUNG, "intensity")(hu)
    assert lung[0] == lung[1]
    assert (wide.diff() > 4 * lung.diff()).all()
    whole = build(WIDE, "intensity")(torch.arange(-1024, 601))
    assert (whole.diff() > 0).all()


@pytest.mark.parametrize(
    ("knots", "line"),
    [
        (3, "knots must be a list of [HU, value], got 3"),
        ([[0, 0]], "knots must increase in HU and value, from value 0 to 1, got [[0, 0]]"),
        ([[0, 0], [0, 1]], "knots must increase in HU and value, from value 0 to 1, got [[0, 0], [0, 1]]"),
        ([[0, 0], [1, 0.5], [2, 0.5], [3, 1]], "knots must increase in HU and value, from value 0 to 1, got [[0, 0], [1, 0.5], [2, 0.5], [3, 1]]"),
        ([[0, 0.1], [1, 1]], "knots must increase in HU and value, from value 0 to 1, got [[0, 0.1], [1, 1]]"),
        ([[0, 0], [1, 2]], "knots must increase in HU and value, from value 0 to 1, got [[0, 0], [1, 2]]"),
        ([["a", 0], [1, 1]], "knots must increase in HU and value, from value 0 to 1, got [['a', 0], [1, 1]]"),
    ],
)  # fmt: skip
def test_what_are_no_knots(knots, line):
    with pytest.raises(ValueError, match=f"^{re.escape(line)}$"):
        Stretch(knots)
