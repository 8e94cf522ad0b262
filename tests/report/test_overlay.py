"""The picture beside a predicted mask."""

import io

import numpy as np
from PIL import Image, ImageDraw

from lungseg.data.preview import GAP, LEFT, RIGHT
from lungseg.report.overlay import LINE, SIDE, overlay
from lungseg.volume import Volume

AFFINE = np.array([[0, 0, 2.0, 0], [0, 2.0, 0, 0], [3.0, 0, 0, 0], [0, 0, 0, 1]])


def lungs():
    """A right lung of 10 × 20 × 10 voxels of 12 mm³, 24 ml, and a smaller left one."""
    volume = Volume(np.full((40, 60, 60), -800, np.int16), AFFINE)
    labels = np.zeros(volume.voxels.shape, np.uint8)
    labels[10:20, 20:40, 10:20] = 1
    labels[10:20, 20:40, 40:45] = 2
    return volume, labels


def opened(content):
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "PNG"
    return np.asarray(picture.convert("RGB"))


def columns_of(picture, colour):
    return np.unique(np.nonzero((picture == colour).all(axis=-1))[1])


def test_each_lung_is_outlined_where_it_is():
    picture = opened(overlay(*lungs()))
    planes = picture[:-LINE]
    assert picture.shape[1] == 3 * SIDE + 2 * GAP
    scale = SIDE / 60
    for start in (0, SIDE + GAP):  # axial and coronal: the patient's right on the viewer's left
        box = planes[:, start : start + SIDE]
        right, left = columns_of(box, RIGHT), columns_of(box, LEFT)
        assert abs(right.min() - 10 * scale) < 2
        assert abs(right.max() - 20 * scale) < 2
        assert abs(left.min() - 40 * scale) < 2
        assert abs(left.max() - 45 * scale) < 2
    sagittal = planes[:, 2 * (SIDE + GAP) :]
    assert len(columns_of(sagittal, RIGHT))
    assert not len(columns_of(sagittal, LEFT))


def test_it_says_what_is_what(monkeypatch):
    said = []
    draw = ImageDraw.ImageDraw.text

    def text(self, place, words, *arguments, **settings):
        said.append((words, place))
        return draw(self, place, words, *arguments, **settings)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    volume, labels = lungs()
    labels[labels == 2] = 0
    overlay(volume, labels)
    words = [word for word, _ in said]
    assert "patient's right lung 24 ml" in words
    assert "left lung not found" in words
    assert "window -1350 to 150 HU" in words
    # Left, right, top and bottom of the axial, coronal and sagittal plane.
    assert "".join(word for word in words if len(word) == 1) == "RLAPRLHFAPHF"
    for letter, (x, _) in said:
        if letter in "RL":
            assert (x % (SIDE + GAP) < SIDE / 2) == (letter == "R")


def test_a_scan_without_lungs_has_no_outline():
    volume, labels = lungs()
    planes = opened(overlay(volume, np.zeros_like(labels)))[:-LINE]
    assert not len(columns_of(planes, RIGHT))
    assert not len(columns_of(planes, LEFT))
