"""White noise and that of a lower dose, measured."""

import numpy as np
import pytest
import torch
from scipy import stats

from lungseg.augment.low_dose import LowDose
from lungseg.augment.noise import Noise
from tests.augment.samples import drawn

MASK = torch.ones(2, 1, 1, 1, dtype=torch.uint8)


def added(transform, params, size=(160, 128)):
    """What is added to one of two samples of 3 channels."""
    hu = torch.full((2, 3, *size), -700.0)
    new, _ = transform.apply(hu.clone(), MASK, [None, params])
    assert torch.equal(new[0], hu[0])
    return (new - hu)[1].double().numpy()


def test_noise_is_normal_with_the_drawn_deviation():
    noise = added(Noise(), {"sigma": 12.0, "seed": 5})
    assert stats.kstest(noise.ravel()[::7], "norm", (0, 12)).pvalue > 0.01
    assert abs(noise.std() / 12 - 1) < 0.01


def neighbours(noise):
    """Correlations of a pixel with that to its right, below it, and in the next channel."""
    pairs = (noise[:, :, :-1], noise[:, :, 1:]), (noise[:, :-1], noise[:, 1:]), (noise[:-1], noise[1:])  # fmt: skip
    return [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs]


def test_noise_is_independent_and_that_of_low_dose_correlated_in_the_plane():
    assert np.abs(neighbours(added(Noise(), {"sigma": 12.0, "seed": 5}))).max() < 0.02
    right, below, next_slice = neighbours(added(LowDose(), {"dose": 0.5, "seed": 5}))
    assert right > 0.2
    assert below == pytest.approx(right, abs=0.03)
    assert abs(next_slice) < 0.02


@pytest.mark.parametrize("size", [(160, 128), (121, 97)])
@pytest.mark.parametrize("dose", [0.1, 0.25, 0.8])
def test_variances_add_up_to_the_inverse_of_the_dose(dose, size):
    """Of the scan at full dose, and of what is added."""
    extra = added(LowDose(noise=15), {"dose": dose, "seed": 1}, size)
    assert (15**2 + extra.var()) == pytest.approx(15**2 / dose, rel=0.03)
    assert added(LowDose(noise=15), {"dose": 1.0, "seed": 1}, size).any() == 0


def test_the_spectrum_is_that_of_filtered_back_projection():
    """Power in rings of frequency, relative to the formula: the same everywhere."""
    size = 128
    noise = np.concatenate([
        added(LowDose(), {"dose": 0.25, "seed": seed}, (size, size)) for seed in range(12)
    ])  # fmt: skip
    power = (np.abs(np.fft.fft2(noise)) ** 2).mean(axis=0)
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    formula = f * np.exp(-((f / 0.3) ** 2))
    rings = [(low <= f) & (f < low + 0.05) for low in np.arange(0.05, 0.5, 0.05)]
    ratios = np.array([power[ring].sum() / formula[ring].sum() for ring in rings])
    assert np.ptp(ratios) / ratios.mean() < 0.1
    assert abs(noise.mean()) < 1e-4  # nothing at frequency 0: HU stay right on average


def test_seeds_and_ranges_of_draws():
    doses, noises = drawn(LowDose(p=1, dose=[0.2, 0.6])), drawn(Noise(p=1, sigma=[2, 9]))
    assert 0.2 <= min(one["dose"] for one in doses) < 0.21
    assert 8.9 < max(one["sigma"] for one in noises) <= 9
    assert len({one["seed"] for one in noises}) == len(noises)


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: Noise(sigma=[-1, 3]), "Noise.sigma must be [low, high] with 0 <= low"),
        (lambda: LowDose(dose=[0, 1]), "LowDose.dose must be [low, high] with 0.01 <= low"),
        (lambda: LowDose(dose=[0.5, 2]), "LowDose.dose must be [low, high]"),
        (lambda: LowDose(noise=-3), "LowDose.noise must be a number from 0 to 1000, got -3"),
    ],
)
def test_what_is_impossible_is_refused(make, line):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        make()
    assert str(error.value).startswith(line)
