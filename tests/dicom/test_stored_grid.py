"""Each slice of a volume is known by the file that it came from."""

import numpy as np
import pydicom
import pytest

from lungseg.volume import from_lps
from tests.dicom.test_series import AXIAL, read_series, write_slice


@pytest.mark.parametrize(
    "orientation", [AXIAL, [-1, 0, 0, 0, 1, 0], [0, 1, 0, 1, 0, 0], [0, 1, 0, 0, 0, -1]]
)
def test_each_stored_slice_is_found_in_its_file(orientation, tmp_path):
    normal = np.cross(orientation[:3], orientation[3:])
    random = np.random.default_rng(0)
    for k in (3, 0, 4, 1, 2):
        pixels = random.integers(-1000, 1000, (4, 5)).astype(np.int16)
        write_slice(
            tmp_path / f"{random.integers(1 << 30)}.dcm",
            pixels,
            normal * k,
            orientation=orientation,
        )
    series = read_series(tmp_path)
    stored = from_lps(series.volume.voxels, series.stored_affine)
    assert {frame for _, frame in series.instances} == {1}
    for k, (file, _) in enumerate(series.instances):
        dataset = pydicom.dcmread(file)
        np.testing.assert_array_equal(stored[k], dataset.pixel_array)
        position = series.stored_affine @ [k, 0, 0, 1]
        np.testing.assert_allclose(position[:3], dataset.ImagePositionPatient, atol=1e-6)
