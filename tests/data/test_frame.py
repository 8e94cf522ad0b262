"""Slices before a network, and its logits back on their own pixels."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from lungseg.data.frame import MULTIPLE, OUTSIDE, Frame

SIZES = st.tuples(st.integers(20, 300), st.integers(20, 300))


@given(own=SIZES, size=SIZES, data=st.data())
def test_the_crop_holds_the_body_and_lies_within_the_slice(own, size, data):
    edges = []
    for length in own:
        first = data.draw(st.integers(0, length - 1))
        edges += [first, data.draw(st.integers(first + 1, length))]
    frame = Frame.of(own, size, edges)
    for axis, (first, stop) in enumerate((edges[:2], edges[2:])):
        start, length = frame.box[axis], frame.box[axis + 2]
        assert 0 <= start < start + length <= size[axis]
        assert length == size[axis] or length % MULTIPLE == 0
        scale = size[axis] / own[axis]
        assert start <= first * scale
        assert start + length >= stop * scale - 1e-9
        assert length < (stop - first) * scale + MULTIPLE + 2


def test_a_crop_alone_moves_nothing():
    frame = Frame.of((100, 90), body=(30, 60, 10, 75))
    assert frame.box == (29, 0, 32, 90)  # no multiple of 32 fits, and so the whole width
    image = torch.arange(2 * 9000, dtype=torch.int16).reshape(2, 100, 90)
    seen = frame.image(image)
    assert seen.dtype == torch.int16
    assert torch.equal(seen, image[:, 29:61])
    logits = torch.randn((2, 1, *frame.seen), generator=torch.Generator().manual_seed(0))
    back = frame.scan(logits)
    assert torch.equal(back[:, :, 29:61], logits)
    assert (back[:, :, :29] == OUTSIDE).all()
    assert (back[:, :, 61:] == OUTSIDE).all()


def test_a_whole_slice_is_passed_on():
    frame = Frame.of((12, 10))
    assert frame.whole
    logits = torch.zeros(1, 1, 12, 10, dtype=torch.bfloat16)
    assert frame.scan(logits) is logits


def test_linear_values_come_back_as_they_were():
    """Interpolation there and back moves nothing: not by half a pixel, not mirrored."""
    frame = Frame.of((120, 160), (67, 71))
    y, x = np.mgrid[:120, :160].astype(np.int16)
    plane = torch.from_numpy(20 * y + 30 * x - 1000)[None]
    seen = frame.image(plane)
    assert seen.shape == (1, 67, 71)
    back = frame.scan(seen.float()[None])[0, 0].numpy()
    inside = (slice(4, -4), slice(4, -4))
    # A tenth of a pixel.
    np.testing.assert_allclose(back[inside], plane[0].numpy()[inside], atol=3)


def test_finer_pixels_equal_those_of_scipy():
    plane = np.random.default_rng(0).integers(-1000, 400, (20, 30)).astype(np.int16)
    ours = Frame.of((20, 30), (40, 60)).image(torch.from_numpy(plane)[None])[0].numpy()
    theirs = ndimage.zoom(plane.astype(float), 2, order=1, mode="nearest", grid_mode=True)
    np.testing.assert_allclose(ours, theirs, atol=0.51)


@pytest.mark.parametrize("size", [(40, 60), (13, 20), (26, 26)])
def test_image_and_mask_go_together(size):
    """Half-plane of lung: the border of the mask is where the image crosses the middle."""
    own = (32, 48)
    image = torch.full((1, *own), 1000, dtype=torch.int16)
    image[..., :24] = -1000
    mask = (image < 0).to(torch.uint8)
    frame = Frame.of(own, size, body=(0, 32, 0, 48))
    seen, target = frame.image(image), frame.mask(mask)
    assert target.dtype == torch.uint8
    assert torch.equal(target.bool(), seen <= 0)
