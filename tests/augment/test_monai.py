"""Transforms against those of MONAI that do the same."""

from math import radians, tan

import monai.transforms as monai
import numpy as np
import pytest
import torch

from lungseg.augment.affine import Affine
from lungseg.augment.brightness import Brightness
from lungseg.augment.contrast import Contrast
from lungseg.augment.flip import Flip
from lungseg.augment.gamma import Gamma
from tests.augment.samples import FILL, moved, slices
from tests.augment.test_affine import STILL

SIZE = (24, 20)
# MONAI's numbers say where a pixel comes from, ours where it goes.
MOVES = {
    "scale": ({"scale": 0.8}, {"scale_params": (1 / 0.8, 1 / 0.8)}),
    "turn": ({"degrees": 33.0}, {"rotate_params": radians(33)}),
    "shear": ({"shear": -12.0}, {"shear_params": (0, -tan(radians(-12)))}),
    "shift": ({"shift": [0.1, -0.13]}, {"translate_params": (-0.1 * 24, 0.13 * 20)}),
}
ALL = STILL | {"scale": 1.17, "degrees": -17.0, "shear": 8.0, "shift": [-0.07, 0.11]}
MOVES["all, as a matrix"] = (ALL, {"affine": np.linalg.inv(Affine().matrix(ALL, SIZE))})


@pytest.mark.parametrize(("params", "settings"), MOVES.values(), ids=MOVES)
def test_affine(params, settings):
    image, mask = slices(channels=2, size=SIZE)
    new_image, new_mask = moved(image, mask, (Affine(), STILL | params))
    monais = monai.Affine(**settings, padding_mode="zeros", image_only=True)
    expected = monais(image[0].float() - FILL).numpy() + FILL
    assert np.abs(new_image[0] - expected).max() < 0.502  # rounded to whole HU
    share = monais(mask[0].float()).numpy()
    clear = np.abs(share - 0.5) > 1e-3
    assert clear.mean() > 0.8
    assert np.array_equal(new_mask[0][clear], (share >= 0.5)[clear])


@pytest.mark.parametrize(("direction", "axis"), [("front_back", 0), ("left_right", 1)])
def test_flip(direction, axis):
    image, mask = slices(channels=3)
    new_image, new_mask = moved(image, mask, (Flip(1, direction), {}))
    monais = monai.Flip(spatial_axis=axis)
    assert np.array_equal(new_image[0], monais(image[0]).numpy())
    assert np.array_equal(new_mask[0], monais(mask[0]).numpy())


INTENSITIES = {
    "brighter": (Brightness(), {"shift": 0.3}, monai.ShiftIntensity(0.3)),
    "darker": (Brightness(), {"shift": -0.2}, monai.ShiftIntensity(-0.2)),
    "contrast": (
        Contrast(),
        {"factor": 1.6},
        monai.ScaleIntensityFixedMean(0.6, channel_wise=True),
    ),
    "gamma": (Gamma(), {"gamma": 1.3}, monai.AdjustContrast(1.3)),
}


@pytest.mark.parametrize(("transform", "params", "monais"), INTENSITIES.values(), ids=INTENSITIES)
def test_intensities(transform, params, monais):
    x = torch.rand(1, 2, *SIZE, generator=torch.Generator().manual_seed(0))
    x[..., 0, :2] = torch.tensor([0.0, 1.0])  # MONAI's gamma is relative to the range there is
    expected = monais(x[0]).numpy().clip(0, 1)
    new, _ = transform.apply(x, torch.zeros(1, 1, *SIZE), [params])
    assert np.abs(new[0].numpy() - expected).max() < 1e-6
