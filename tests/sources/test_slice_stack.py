"""What is wrong with one of many slices is said of that slice, and its file is named."""

import numpy as np
import pytest
from PIL import Image

from lungseg.errors import DataError
from lungseg.sources.slice_stack import SliceFile, image_stack, mask_stack


@pytest.fixture
def save(tmp_path):
    def files(*planes, ending="png"):
        made = []
        for z, plane in enumerate(planes, start=1):
            path = tmp_path / f"{z}.{ending}"
            Image.fromarray(plane).save(path)
            made.append(SliceFile(z, path))
        return made

    return files


def full(value, shape=(8, 12), dtype=np.uint8):
    return np.full(shape, value, dtype)


def refused(function, files, *more):
    with pytest.raises(DataError) as caught:
        function(files, *more)
    return str(caught.value), caught.value.path.name


def test_images_of_different_size(save):
    files = save(full(0), full(0), full(0, (16, 24)))
    assert refused(image_stack, files) == (
        "slices differ in size: slice 3 is 24 x 16 pixels, slice 1 12 x 8",
        "3.png",
    )


def test_a_mask_of_another_size_than_its_image(save):
    files = save(full(0), full(1, (16, 24)), full(0))
    assert refused(mask_stack, files, (8, 12)) == (
        "mask of slice 2 is 24 x 16 pixels, its image 12 x 8",
        "2.png",
    )


def test_masks_of_other_values(save):
    rule = "masks must contain 0 and 1, or 0 and 255; got"
    half = full(0)
    half[2:] = 127
    assert refused(mask_stack, save(full(255), half), (8, 12)) == (
        f"{rule} 0, 127 in slice 2",
        "2.png",
    )
    mixed = save(full(0), full(1), full(255))
    assert refused(mask_stack, mixed, (8, 12)) == (
        f"{rule} 255 in slice 3 and 0, 1 in those before",
        "3.png",
    )


def test_a_mask_of_fractions(save):
    files = save(full(1, dtype=np.float32), full(0.5, dtype=np.float32), ending="tif")
    assert refused(mask_stack, files, (8, 12)) == (
        "slice 2: the mask contains values that are not whole numbers",
        "2.tif",
    )


def test_either_pair_of_values_becomes_0_and_1(save):
    for on in (1, 255):
        masks, hashes, findings = mask_stack(save(full(0), full(on)), (8, 12))
        assert masks[:, 0, 0].tolist() == [0, 1]
        assert (masks.dtype, len(hashes), findings) == (np.uint8, 2, [])
