"""Brightness, contrast and gamma against NumPy in double precision."""

import numpy as np
import pytest
import torch

from lungseg.augment.brightness import Brightness
from lungseg.augment.contrast import Contrast
from lungseg.augment.gamma import Gamma
from tests.augment.samples import drawn


def contrasted(x, factor):
    mean = np.average(x.reshape(len(x), -1), axis=1)[:, None, None]
    return np.minimum(np.maximum(mean + factor * (x - mean), 0), 1)


CASES = {
    "brighter": (Brightness(), {"shift": 0.3}, lambda x: np.minimum(x + 0.3, 1)),
    "darker": (Brightness(), {"shift": -0.2}, lambda x: np.maximum(x - 0.2, 0)),
    "more contrast": (Contrast(), {"factor": 1.6}, lambda x: contrasted(x, 1.6)),
    "less contrast": (Contrast(), {"factor": 0.7}, lambda x: contrasted(x, 0.7)),
    "gamma": (Gamma(), {"gamma": 1.3}, lambda x: np.exp(1.3 * np.log(x))),
}


def intensities():
    x = torch.rand(3, 2, 9, 7, generator=torch.Generator().manual_seed(0)) ** 2 + 1e-6
    return x.clamp_(max=1)


@pytest.mark.parametrize(("transform", "params", "by_numpy"), CASES.values(), ids=CASES)
def test_numpy_changes_likewise(transform, params, by_numpy):
    x, mask = intensities(), torch.ones(3, 1, 9, 7, dtype=torch.uint8)
    expected = x.double().numpy()
    for k in (0, 2):
        expected[k] = by_numpy(expected[k])
    assert transform.space == "intensity"
    new, same_mask = transform.apply(x, mask, [params, None, params])
    assert np.abs(new.numpy() - expected).max() < 1e-6
    assert torch.equal(same_mask, torch.ones_like(mask))


@pytest.mark.parametrize(
    ("transform", "name", "low", "high", "middle"),
    [
        (Brightness(p=1, shift=0.2), "shift", -0.2, 0.2, 0),
        (Contrast(p=1, factor=[0.5, 2]), "factor", 0.5, 2, 1),
        (Gamma(p=1, gamma=[0.25, 4]), "gamma", 0.25, 4, 1),
    ],
)
def test_draws_fill_their_range_and_as_many_are_above_the_middle(
    transform, name, low, high, middle
):
    values = np.array([params[name] for params in drawn(transform)])
    width = high - low
    assert low <= values.min() < low + 0.02 * width
    assert high - 0.02 * width < values.max() <= high
    assert 0.45 < (values > middle).mean() < 0.55


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: Brightness(shift=2), "Brightness.shift must be a number from 0 to 1, got 2"),
        (lambda: Contrast(factor=[2, 1]), "Contrast.factor must be [low, high] with 0.1 <= low"),
        (lambda: Gamma(gamma=[0.0, 1]), "Gamma.gamma must be [low, high] with 0.1 <= low"),
        (lambda: Gamma(gamma=[1, 2, 3]), "Gamma.gamma must be [low, high]"),
        (lambda: Gamma(gamma="12"), "Gamma.gamma must be [low, high]"),
        (lambda: Gamma(gamma=[1, float("nan")]), "Gamma.gamma must be [low, high]"),
    ],
)
def test_what_is_impossible_is_refused(make, line):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        make()
    assert str(error.value).startswith(line)
