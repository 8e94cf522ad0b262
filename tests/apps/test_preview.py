"""``lungseg preview``: a picture of an augmentation, from the command line."""

import logging

import numpy as np
import pytest
from PIL import Image

from lungseg.cli import main
from lungseg.data.cohort import open_cohort
from lungseg.data.preview import BOTH, GAP
from lungseg.data.store import open_arrays
from lungseg.report.augmented import LINE, SIDE

ROWS = 4
OFF = [f"augment.transforms.{name}.p=0" for name in ("affine", "contrast", "brightness")]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    return tmp_path_factory.mktemp("preview")


@pytest.fixture
def preview(workplace, monkeypatch, capfd):
    """Run the command on two cases, which are prepared once, and give its picture."""
    monkeypatch.chdir(workplace)
    handlers = logging.getLogger().handlers[:]

    def run(*words):
        small = ("data.size=32", "data.n_slices=12", "data.n_cases=2", "data.store=store")
        code = main(["preview", *small, "output=made/grid.png", *words])
        out, err = capfd.readouterr()
        assert code == 0, err
        assert out.strip().endswith("to look at: made/grid.png")
        return np.asarray(Image.open("made/grid.png"))

    yield run
    logging.getLogger().handlers[:] = handlers


def tile(pixels, row, column):
    top, left = row * (SIDE + LINE + GAP) + LINE, column * (SIDE + GAP)
    return pixels[top : top + SIDE, left : left + SIDE].astype(int)


def test_stored_slices_on_the_left_and_mirrored_ones_beside_them(preview):
    """Only flips, so that what is to be seen is known."""
    pixels = preview("augment=light", "augment.transforms.flip.p=1", *OFF, "n=2")
    assert pixels.shape == (ROWS * (SIDE + LINE + GAP) - GAP, 3 * SIDE + 2 * GAP, 3)
    cohort, picked = open_cohort("store"), []
    for row in range(ROWS):
        stored = tile(pixels, row, 0)
        yellow = (stored == BOTH).all(axis=2)
        assert yellow.any()
        image, mask = open_arrays("store", cohort.names[row // 2])
        greys = (np.clip(image[:].astype(float), -1000, 400) + 1000) / 1400 * 255
        enlarged = np.repeat(np.repeat(greys, 8, axis=1), 8, axis=2)
        seen = ~yellow
        errors = np.abs(enlarged - stored[..., 0])[:, seen].mean(axis=1)
        nearest = int(errors.argmin())
        picked.append((row // 2, nearest))
        assert errors[nearest] < 8
        # Enlarging may move a border by half of a stored pixel, which is 8 here.
        for axis in (0, 1):
            marked, lung = (
                np.flatnonzero(one.any(axis=1 - axis)) for one in (yellow, mask[nearest])
            )
            assert abs(marked[0] - 8 * lung[0]) <= 4
            assert abs(marked[-1] - 8 * lung[-1] - 7) <= 4
        for column in (1, 2):
            mirrored = tile(pixels, row, column)[:, ::-1]
            same = np.abs(mirrored - stored).max(axis=2) <= 1
            assert same.mean() > 0.999
    assert picked == sorted(set(picked))  # from base to apex, none twice


def test_draws_follow_the_seed(preview):
    first = preview("augment=strong", "n=2", "seed=1")
    assert np.array_equal(first, preview("augment=strong", "n=2", "seed=1"))
    other = preview("augment=strong", "n=2", "seed=2")
    for row in range(ROWS):
        assert np.array_equal(tile(first, row, 0), tile(other, row, 0))
        assert not np.array_equal(tile(first, row, 1), tile(first, row, 2))
        assert not np.array_equal(tile(first, row, 1), tile(other, row, 1))


def test_slices_may_be_thickened(preview):
    """By their neighbours, of which only the slice itself is shown."""
    switched = ["augment.transforms.flip.p=0", "augment.transforms.thick_slices.p=1", *OFF]
    pixels = preview("augment=light", *switched, "n=1", "data.context=1")
    plain = preview("augment=light", "n=1")
    assert np.array_equal(tile(pixels, 1, 0), tile(plain, 1, 0))
    assert not np.array_equal(tile(pixels, 1, 0), tile(pixels, 1, 1))


def test_slices_are_those_that_the_network_sees(preview):
    """Soft tissue outside the patient, and beyond what was moved: no air is left there."""
    pixels = preview("augment=light", "n=3", "data.outside=soft")
    for row in range(ROWS):
        for column in range(4):
            corners = tile(pixels, row, column)[[0, 0, -1, -1], [0, -1, 0, -1]]
            grey = corners[0, 0]
            assert (corners == grey).all()
            assert grey > 150 if column else grey == round(255 * (40 + 1000) / 1400)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["augment=none"], "augment=none: changes nothing; choose augment=light or augment=strong"),
        (["output=a.jpg"], "output: must be a file called *.png: output=preview.png"),
        (["n=0"], "n must be at least 1, got 0"),
        (["n=few"], "n must be a whole number of at least 1, got 'few'"),
        (["augment.transforms.affine.degrees=-1"], "augment: Affine.degrees must be a number from"),
        (["augment.transforms.thick_slices.p=1"], "augment: ThickSlices averages neighbouring"),
        (["data.context=-1"], "data: context must be"),
        (["intensity.upper=-2000"], "intensity: lower must be below upper"),
        (["data=tcia", "data.root=.", "data.masks=none"], "data.masks=none: cases without masks"),
    ],
)
def test_what_cannot_be_shown_is_refused(words, line, refused, tmp_path):
    assert refused("preview", *words).startswith(f"lungseg preview: error: {line}")
    assert not (tmp_path / "outputs" / "prepared").exists()
