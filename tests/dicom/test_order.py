"""The same voxels at the same positions for any file names and orders of slices."""

from itertools import permutations, product

import numpy as np
import pytest

from lungseg.dicom.series import read_series
from tests.dicom.test_series import write_slice

AXES = [(order, signs) for order in permutations(range(3)) for signs in product((1, -1), repeat=3)]


def test_the_report_of_scrambled_instance_numbers(tmp_path):
    """Slices at z = 0, 2, … 10 whose numbers put them at 2, 4, 0, 8, 10, 6."""
    for number, z in enumerate((2, 4, 0, 8, 10, 6), start=1):
        write_slice(tmp_path / f"{number}", np.full((2, 3), z), (0, 0, z), instance=number)
    series = read_series(sorted(tmp_path.iterdir()))
    assert series.volume.voxels[:, 0, 0].tolist() == [0, 2, 4, 6, 8, 10]
    assert series.volume.spacing[0] == pytest.approx(2)
    found = {finding.code: finding.severity for finding in series.findings}
    assert found["instance-number"] == "warning"


def test_200_permutations_of_names_and_numbers_agree_with_gdcm(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    rng = np.random.default_rng(0)
    pixels = rng.integers(-1000, 1000, (5, 2, 2)).astype(np.int16)
    for k in range(200):
        folder = tmp_path / str(k)
        folder.mkdir()
        names, numbers = rng.permutation(5), rng.permutation(5) + 1
        for z in range(5):
            write_slice(folder / f"{names[z]}", pixels[z], (0, 0, 3 * z), instance=int(numbers[z]))
        ordered = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
        volume = read_series([folder / str(name) for name in range(5)]).volume
        if k < 5:
            image = sitk.ReadImage(ordered)
            np.testing.assert_array_equal(volume.voxels, sitk.GetArrayFromImage(image))
        assert [file.rsplit("/")[-1] for file in ordered] == [str(name) for name in names]
        np.testing.assert_array_equal(volume.voxels, pixels)


@pytest.mark.parametrize(("order", "signs"), AXES)
def test_any_axis_permutation_and_flip_comes_back(order, signs, tmp_path):
    """A volume in the project's order, cut into slices along any axis, in any direction."""
    volume = np.random.default_rng(0).integers(-1000, 1000, (4, 5, 6)).astype(np.int16)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, 0.6], [0, 0.8, 0], [2.5, 0, 0]])
    affine[:3, 3] = (-10.5, 20.25, -100)
    cut = volume.transpose(order)
    columns = affine[:3, list(order)]
    origin = affine[:3, 3].copy()
    for axis, sign in enumerate(signs):
        if sign < 0:
            origin += columns[:, axis] * (cut.shape[axis] - 1)
            cut = np.flip(cut, axis)
    step, down, along = (columns * np.array(signs)).T
    for k in range(len(cut)):
        write_slice(
            tmp_path / f"{k}",
            cut[k],
            origin + k * step,
            orientation=[*along / np.linalg.norm(along), *down / np.linalg.norm(down)],
            PixelSpacing=[np.linalg.norm(down), np.linalg.norm(along)],
        )
    read = read_series(sorted(tmp_path.iterdir())).volume
    np.testing.assert_array_equal(read.voxels, volume)
    np.testing.assert_allclose(read.affine, affine, atol=1e-4)


@pytest.mark.realdata
def test_real_volume_has_the_geometry_of_its_nrrd(realdata):
    nrrd = pytest.importorskip("nrrd")
    voxels, header = nrrd.read(str(realdata / "cip_ct64" / "ct-64.nrrd"))
    assert header["space"] == "left-posterior-superior"
    read = read_series(sorted((realdata / "cip_ct64" / "dicom").iterdir())).volume
    np.testing.assert_array_equal(read.voxels, np.clip(voxels.transpose(2, 1, 0), -1024, None))
    # Four digits in the NRRD's header, and a jitter of 0.0007 mm in the slices' positions.
    np.testing.assert_allclose(
        read.affine[:3, :3], header["space directions"].T[:, ::-1], atol=1e-3
    )
    np.testing.assert_allclose(read.affine[:3, 3], header["space origin"], atol=2e-3)
