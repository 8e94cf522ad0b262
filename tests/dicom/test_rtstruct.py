"""Contours give the mask from which they were drawn, with findings where they do not fit."""

import contextlib
import copy
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lungseg.dicom.rtstruct import rasterize, read_structures
from lungseg.dicom.series import read_series
from lungseg.dicom.structures import Structure
from lungseg.dicom.tree import dicom_files
from lungseg.errors import DataError
from lungseg.phantom import make_case
from lungseg.volume import Volume, to_lps
from tests.conftest import SMALL
from tests.dicom.drawings import CUBE, codes, rings, sphere
from tests.dicom.shapes import circle, dsc, trace, write_image
from tests.dicom.write_rtstruct import write_rtstruct


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(15, 25), rings())
def test_volume_of_a_sphere(x, y, z, radius, how):
    mask, findings = rasterize(sphere(x, y, z, radius, **how), CUBE)
    assert mask.sum() == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.01)
    assert np.argwhere(mask).mean(axis=0) == pytest.approx([30 + z, 30 + y, 30 + x], abs=0.1)
    assert findings == []


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 1), st.floats(16, 20), st.floats(6, 9), rings(), rings(), st.booleans())
def test_volume_of_a_torus(shift, major, minor, outer, inner, inner_first):
    """A ring around z: each slice has a contour and, within, a hole."""
    contours = []
    halves = {z: np.sqrt(minor**2 - z**2) for z in range(-9, 10) if abs(z) < minor}
    # A thinner ring would be taken for one outline drawn twice.
    halves = {z: half for z, half in halves.items() if half > major / 10}
    for z, half in halves.items():
        pair = [
            circle(shift, 0, z, major + half, **outer),
            circle(shift, 0, z, major - half, **inner),
        ]
        contours += pair[::-1] if inner_first else pair
    mask, findings = rasterize(contours, CUBE)
    slabs = sum(4 * np.pi * major * half for half in halves.values())
    assert mask.sum() == pytest.approx(slabs, rel=0.01)
    assert mask[30, 30, 30] == 0
    assert findings == []


def test_volume_of_a_torus_by_the_formula():
    major, minor = 19.3, 9.5
    contours = []
    for z in range(-9, 10):
        half = np.sqrt(minor**2 - z**2)
        contours += [circle(0, 0, z, major + half), circle(0, 0, z, major - half, winding=-1)]
    mask, _ = rasterize(contours, CUBE)
    assert mask.sum() == pytest.approx(2 * np.pi**2 * major * minor**2, rel=0.01)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 1000),
    axes=st.permutations([0, 1, 2]),
    flips=st.tuples(*[st.booleans()] * 3),
)
def test_contours_of_any_acquisition_land_in_their_slices(seed, axes, flips):
    """Traced in the slices of an acquisition in any axis order, drawn on the volume as kept."""
    from scipy import ndimage

    noise = np.random.default_rng(seed).normal(size=(12, 20, 24))
    mask = (ndimage.gaussian_filter(noise, 1.5) > 0).astype(np.uint8)
    affine = np.eye(4)
    affine[:3, :3] = np.eye(3)[list(axes)].T @ np.diag([2.5, 0.8, 0.7])
    affine[:3, :3] *= [-1 if flip else 1 for flip in flips]
    affine[:3, 3] = (-11, 7, 31)
    stored = Volume(mask.astype(np.int16), affine)
    contours = trace(mask, stored)
    kept, kept_affine = to_lps(mask, affine)
    drawn, _ = rasterize(contours, Volume(kept.astype(np.int16), kept_affine))
    np.testing.assert_array_equal(drawn, kept)


@pytest.fixture
def lungs(phantom_root):
    """A synthetic case's images, its volume and mask."""
    folder = phantom_root / "Images" / "Case_000"
    mask = make_case(0, size=SMALL["size"], n_slices=SMALL["n_slices"]).mask
    return folder, read_series(dicom_files(folder)).volume, mask


def test_written_by_plastimatch(lungs, tmp_path):
    folder, volume, mask = lungs
    mask = np.array(mask)
    z = int(np.argmax(mask.sum(axis=(1, 2))))
    inside = np.argwhere(mask[z])
    mask[z, *inside[len(inside) // 4]] = 0  # plastimatch makes keyholes of holes
    write_image(tmp_path / "mask.mha", mask, volume)
    out = tmp_path / "out"
    plastimatch = Path(sysconfig.get_path("scripts")) / "plastimatch"
    command = [plastimatch, "convert", "--input", folder, "--input-ss-img", tmp_path / "mask.mha"]
    subprocess.run([*command, "--output-dicom", out], check=True, capture_output=True, timeout=120)
    structures = read_structures(next(out.glob("rtss*")))
    images = [pydicom.dcmread(file) for file in out.glob("image*")]
    assert structures.series == {images[0].SeriesInstanceUID}
    assert structures.frame_of_reference == images[0].FrameOfReferenceUID
    ((_, structure),) = structures.structures.items()
    drawn, _ = rasterize(structure.contours, volume)
    assert dsc(drawn, mask) >= 0.99


@pytest.mark.realdata
def test_a_real_lung_comes_back(realdata, tmp_path):
    import nrrd

    volume = read_series(dicom_files(realdata / "cip_ct64" / "dicom")).volume
    labels, _ = nrrd.read(str(realdata / "cip_ct64" / "wholeLung-64.nrrd"))
    mask = (labels.transpose(2, 1, 0) > 0).astype(np.uint8)
    write_rtstruct(tmp_path / "lungs.dcm", {"LUNGS": trace(mask, volume)}, "1.2.3", "1.2.4")
    drawn, findings = rasterize(
        read_structures(tmp_path / "lungs.dcm").structures["LUNGS"].contours, volume
    )
    assert dsc(drawn, mask) >= 0.99
    assert [finding.code for finding in findings if finding.severity == "error"] == []


def test_the_contents_of_a_file(tmp_path):
    file = tmp_path / "structures.dcm"
    ring = circle(1.5, 2.5, 3, 10)
    dataset = write_rtstruct(file, {"Lung_L": [ring], "Empty": []}, "1.2.3", "1.2.4")
    structures = read_structures(file)
    assert list(structures.structures) == ["Lung_L", "Empty"]
    np.testing.assert_allclose(structures.structures["Lung_L"].contours[0], ring, atol=1e-6)
    assert structures.structures["Empty"] == Structure()
    assert structures.series == {"1.2.3"}
    assert structures.frame_of_reference == "1.2.4"
    assert structures.findings == []

    dataset.StructureSetROISequence[1].ROIName = "Lung_L"
    items = dataset.ROIContourSequence[0].ContourSequence
    items.append(copy.deepcopy(items[0]))
    items[1].ContourGeometricType = "OPEN_PLANAR"
    dataset.ROIContourSequence[1].ContourSequence = dataset.ROIContourSequence[0].ContourSequence[
        :1
    ]
    dataset.save_as(file)
    structures = read_structures(file)
    assert len(structures.structures["Lung_L"].contours) == 1
    assert set(codes(structures.findings)) == {"structure-name"}


def test_points_are_not_structures_with_an_area(tmp_path):
    write_rtstruct(tmp_path / "a.dcm", {"ISO": [np.zeros((1, 3))]}, "1.2.3", "1.2.4", kind="POINT")
    structures = read_structures(tmp_path / "a.dcm")
    assert not structures.structures["ISO"].closed
    assert structures.findings == []


@pytest.mark.filterwarnings("ignore:Invalid value for VR DS")
def test_damaged_files_are_refused(tmp_path):
    file = tmp_path / "structures.dcm"
    dataset = write_rtstruct(file, {"Lung_L": [circle(0, 0, 0, 10)]}, "1.2.3", "1.2.4")
    content = file.read_bytes()
    contour = content.index(b"\x06\x30\x50\x00DS")
    for length in range(0, contour - 100, 97):
        file.write_bytes(content[:length])
        with contextlib.suppress(DataError):  # pydicom notices few ends
            structures = read_structures(file).structures.values()
            assert not any(structure.closed for structure in structures), length
    for length in range(contour + 20, len(content) - 200, 97):
        file.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"^the RTSTRUCT file is truncated or damaged: "):
            read_structures(file)
    dataset.Modality = "RTPLAN"
    dataset.save_as(file)
    with pytest.raises(DataError, match="not an RTSTRUCT"):
        read_structures(file)
