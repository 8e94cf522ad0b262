"""Mutated RTSTRUCT and SEG files are read or refused in one line, also when de-identified."""

import random
import resource
import time

import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from lungseg.dicom.deidentify.dataset import DeidentifyOptions
from lungseg.dicom.deidentify.file import deidentify_file
from lungseg.dicom.deidentify.pseudonyms import Pseudonyms
from lungseg.dicom.rtstruct import rasterize, read_structures
from lungseg.dicom.seg import place, read_segments
from lungseg.dicom.series import read_series
from lungseg.errors import DataError
from tests.dicom.compressed import rewrite
from tests.dicom.fuzz import mutate
from tests.dicom.shapes import circle
from tests.dicom.write_rtstruct import write_rtstruct
from tests.dicom.write_seg import write_seg

N = 75  # of each object, for its reader and for making it anonymous: 300 in all
SECONDS_A_FILE = 6
MIB = 500

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def chest(phantom_root):
    images = sorted((phantom_root / "Images" / "Case_000").iterdir())
    return images, read_series(images).volume


def rtstructs(folder, chest):
    _, volume = chest
    origin = volume.affine[:3, 3]
    contours = [circle(*(origin + np.array([20, 20, z])), 5) for z in (0, 3)]
    for name in ("plain", "deflated"):
        write_rtstruct(folder / name, {"Lung": contours, "Heart": contours}, "1.2.3", "1.2.4")
    rewrite(folder / "deflated", DeflatedExplicitVRLittleEndian)
    return [(folder / name).read_bytes() for name in ("plain", "deflated")]


def segmentations(folder, chest):
    images, volume = chest
    mask = np.zeros(volume.voxels.shape, np.uint8)
    mask[2:5, 3:9, 5:8] = 1
    for name, kind in (("bits", "BINARY"), ("map", "LABELMAP"), ("packed", "LABELMAP")):
        write_seg(folder / name, {"Lung": mask}, volume.affine, images, kind=kind)
    rewrite(folder / "packed", RLELossless)
    return [(folder / name).read_bytes() for name in ("bits", "map", "packed")]


def draw_all(file, volume):
    for structure in read_structures(file).structures.values():
        rasterize(structure.contours, volume, exclusive=structure.exclusive)


def place_all(file, volume):
    for segment in read_segments(file).segments:
        place(segment, volume)


@pytest.mark.parametrize(("write", "use"), [(rtstructs, draw_all), (segmentations, place_all)])
def test_mutated_objects(write, use, chest, tmp_path):
    (tmp_path / "seeds").mkdir()
    seeds = write(tmp_path / "seeds", chest)
    options = DeidentifyOptions(Pseudonyms(b"k" * 16), lambda names: {})
    chance = random.Random(0)
    target = tmp_path / "mutated"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = refused = copied = 0
    for k in range(N):
        start = time.perf_counter()
        target.write_bytes(mutate(seeds[k % len(seeds)], chance, target))
        try:
            use(target, chest[1])
            read += 1
        except DataError as error:
            refused += 1
            if "\n" in str(error) or str(tmp_path) in str(error):
                raise AssertionError(str(error)) from error
        target.write_bytes(mutate(seeds[k % len(seeds)], chance, target))
        outcome = deidentify_file(target, tmp_path / "out" / str(k), options)
        copied += outcome.left_out is None
        assert "\n" not in (outcome.left_out or "")
        assert time.perf_counter() - start < SECONDS_A_FILE, f"file {k}"
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10 < MIB
    assert min(read, refused, copied, N - copied) > N // 10
