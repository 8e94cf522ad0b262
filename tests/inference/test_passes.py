"""A volume through networks: batches, flips, averages and other grids."""

import numpy as np
import pytest
import torch

from lungseg.data.network_input import NetworkInput
from lungseg.errors import DataError
from lungseg.inference.passes import run
from lungseg.volume import Volume


class Air:
    """Logit 1 per 100 HU below the limit; right of a column, if one is given, 5 more."""

    threshold = 0.5
    batch_size = 3
    input = NetworkInput(torch.Tensor.float)

    def __init__(self, limit=-500, column=None, **domain):
        self.limit, self.column, self.domain, self.seen = limit, column, domain, []

    def logits(self, hu):
        self.seen.append((len(hu), *hu.shape[2:]))
        logits = (self.limit - hu.float()) / 100
        if self.column is not None:
            logits[..., self.column :] += 5
        return logits


def volume(shape=(7, 20, 30), spacing=(3.0, 1.0, 1.0), seed=0):
    random = np.random.default_rng(seed)
    affine = np.zeros((4, 4))
    affine[[2, 1, 0], [0, 1, 2]], affine[3, 3] = spacing, 1
    return Volume(random.integers(-1024, 400, shape).astype(np.int16), affine)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def test_slices_are_seen_in_batches_as_they_are():
    network, scan = Air(), volume()
    done = []
    scores = run([network], scan, advance=done.append)
    np.testing.assert_array_equal(scores.mask, scan.voxels <= -500)
    assert network.seen == [(3, 20, 30), (3, 20, 30), (1, 20, 30)]
    assert done == [3, 3, 1]
    assert scores.spread is None
    assert scores.members == ()
    expected = sigmoid((-500.0 - scan.voxels) / 100)
    assert np.abs(scores.probability / 255 - expected).max() < 0.003


def test_several_networks_are_averaged():
    scan = volume()
    scores = run([Air(-400), Air(-600)], scan)
    each = [sigmoid((limit - scan.voxels.astype(float)) / 100) for limit in (-400, -600)]
    mean = np.mean(each, axis=0)
    clear = np.abs(mean - 0.5) > 1e-6
    np.testing.assert_array_equal(scores.mask[clear], (mean >= 0.5)[clear])
    assert np.abs(scores.spread / 255 - (each[0] - each[1])).max() < 0.003
    for member, own in zip(scores.members, each, strict=True):
        bits = np.unpackbits(member, axis=-1, count=30).astype(bool)
        np.testing.assert_array_equal(bits, own >= 0.5)


def test_a_mirrored_slice_is_mirrored_back():
    scan = volume()
    scores = run([Air(column=10)], scan, tta="flip")
    plain = (-500.0 - scan.voxels) / 100
    columns = np.arange(30)
    there, back = plain + 5 * (columns >= 10), plain + 5 * (columns[::-1] >= 10)
    mean = (sigmoid(there) + sigmoid(back)) / 2
    clear = np.abs(mean - 0.5) > 1e-6
    np.testing.assert_array_equal(scores.mask[clear], (mean >= 0.5)[clear])


def smooth(shape, spacing):
    """A ball of air of 40 mm in the middle of tissue, on any grid over the same field of view."""
    grids = [(np.arange(n) - (n - 1) / 2) * mm for n, mm in zip(shape, spacing, strict=True)]
    z, y, x = np.meshgrid(*grids, indexing="ij")
    radius = np.sqrt(z**2 + y**2 + x**2)
    hu = np.clip((radius - 40) * 20 - 500, -1000, 0).astype(np.int16)
    affine = np.zeros((4, 4))
    affine[[2, 1, 0], [0, 1, 2]], affine[3, 3] = spacing, 1
    return Volume(hu, affine), radius <= 40


def test_another_spacing_is_brought_there_and_back():
    scan, ball = smooth((120, 200, 180), (1.0, 0.5, 0.6))
    network = Air(pixel_mm=[1.0, 1.0], slice_mm=[3.0, 3.0])
    scores = run([network], scan)
    assert network.seen[0][1:] == (100, 108)
    assert sum(shape[0] for shape in network.seen) == 40
    assert scores.mask.shape == ball.shape
    dsc = 2 * (scores.mask & ball).sum() / (scores.mask.sum() + ball.sum())
    assert dsc > 0.99
    # Nothing is shifted: the centre of mass stays where it is.
    for axis in range(3):
        middle = (ball.shape[axis] - 1) / 2
        others = tuple(one for one in range(3) if one != axis)
        profile = scores.mask.sum(axis=others)
        assert abs(np.average(np.arange(len(profile)), weights=profile) - middle) < 0.05


def test_the_threshold_is_compared_as_in_the_evaluation():
    """Half-way cases of float32: a probability that rounds to 0.5 from below is no lung."""

    class Tiny(Air):
        def logits(self, hu):
            return torch.full(hu.shape, -1e-9)

    assert not run([Tiny()], volume()).mask.any()


def test_too_few_slices_are_told_with_how_they_became_so_few():
    network = Air(slice_mm=[26.0, 26.0])
    network.input = NetworkInput(torch.Tensor.float, context=1)
    with pytest.raises(DataError) as caught:
        run([network], volume((12, 20, 30), (2.5, 1.0, 1.0)))
    assert str(caught.value) == (
        "data.context=1: the network needs at least 3 slices, and there are 2 here: the scan's 12"
        " slices of 2.5 mm were averaged to 2 of 25 mm, about as thick as in the training"
    )
    with pytest.raises(DataError, match="and there are 2 here$"):
        run([network], volume((2, 20, 30), (26.0, 1.0, 1.0)))
