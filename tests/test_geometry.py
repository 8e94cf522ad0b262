"""The same geometry means the same findings and refusals, for every kind of file."""

import nibabel
import nrrd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from lungseg.errors import ConfigError, DataError
from lungseg.geometry import oriented, wrong_spacing
from lungseg.phantom import make_case
from lungseg.volume import Volume, spacing_of
from tests.dicom.test_series import write_slice
from tests.sources.image_files import source
from tests.sources.test_slices2d import source as slices
from tests.sources.test_slices2d import write as write_slices

SPACING = (2.5, 0.8, 0.6)
KINDS = ("nifti", "nrrd", "dicom")
ONE_DEGREE = 0.017455  # its tangent


def grid(spacing=SPACING, sideways=(0.0, 0.0), across=0.0):
    """Affine of ``[z, y, x]``: each slice lies ``sideways`` (x, y) mm off the one below it, each
    row ``across`` mm (x) off the one above it."""
    z, y, x = spacing
    right, back = sideways
    return np.array([[right, across, x, -20], [back, y, 0, -30], [z, 0, 0, 5], [0, 0, 0, 1.0]])


@pytest.fixture(scope="module")
def phantom():
    case = make_case(0, size=64, n_slices=24)
    return np.maximum(case.image, -1024)[:24], case.mask[:24]


@pytest.fixture
def read(phantom, tmp_path):
    """The phantom on a grid, written as one kind of file and read again."""

    def write_and_read(kind, affine, n=24):
        image, mask = (array[:n] for array in phantom)
        columns = affine[:, [2, 1, 0, 3]]
        for name, array in (("ct", image), ("mask", mask)):
            stored = array.transpose(2, 1, 0)
            if kind == "nrrd":
                header = {
                    "space": "left-posterior-superior",
                    "space directions": columns[:3, :3].T,
                    "space origin": columns[:3, 3],
                }
                nrrd.write(str(tmp_path / f"a_{name}.nrrd"), stored, header)
            else:
                made = nibabel.Nifti1Image(stored, np.diag([-1, -1, 1, 1]) @ columns)
                made.header.set_xyzt_units("mm")
                nibabel.save(made, tmp_path / f"a_{name}.nii")
        if kind != "dicom":
            ending = {"nifti": "nii", "nrrd": "nrrd"}[kind]
            paths = (f"{{case}}_ct.{ending}", f"{{case}}_mask.{ending}")
            return source(tmp_path, images=paths[0], masks=paths[1]).read("a")
        (tmp_path / "a" / "dicom").mkdir(parents=True)
        step, down, along = affine[:3, :3].T
        sizes = [float(np.linalg.norm(down)), float(np.linalg.norm(along))]
        for z in range(n):
            write_slice(
                tmp_path / "a" / "dicom" / f"{z}.dcm",
                image[z],
                affine[:3, 3] + z * step,
                orientation=[*along / sizes[1], *down / sizes[0]],
                instance=z + 1,
                PixelSpacing=sizes,
            )
        return source(tmp_path, images="{case}/dicom", masks="{case}_mask.nii").read("a")

    return write_and_read


def findings(case):
    """Without those that a kind of file has for reasons of its own."""
    geometric = ("gantry-tilt", "few-slices")
    return [one for one in case.audit["findings"] if one["code"] in geometric]


@pytest.mark.parametrize("kind", KINDS)
def test_a_tilt_of_one_degree(kind, read, phantom):
    """Slices 2.5 mm apart, each 2.5 mm · tan 1° further back. Rows are 0.8 mm apart along y, and
    0.8 mm · cos 1° = 0.799878 mm across the tilted planes that they make with the stack."""
    case = read(kind, grid(sideways=(0, 2.5 * ONE_DEGREE)))
    assert findings(case) == [
        {
            "code": "gantry-tilt",
            "severity": "error",
            "text": "gantry tilt: the stack is sheared by 1.0°; pixels and affine keep it so",
        }
    ]
    assert case.volume.spacing == pytest.approx((2.5, 0.799878, 0.6), abs=2e-6)
    np.testing.assert_array_equal(case.volume.voxels, phantom[0])
    np.testing.assert_array_equal(case.mask, phantom[1])


@pytest.mark.parametrize("kind", KINDS)
def test_slices_may_shift_by_a_tenth_of_a_millimetre(kind, read):
    """From first to last: 23 steps, of 0.0043 mm (0.0989 mm in all) or of 0.0044 (0.1012 mm)."""
    assert findings(read(kind, grid(sideways=(0.0043, 0)))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_slices_may_not_shift_by_more(kind, read):
    found = findings(read(kind, grid(sideways=(0.0044, 0))))
    assert [one["code"] for one in found] == ["gantry-tilt"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_tilt_that_only_resampling_could_mend(kind, read):
    """tan 10° = 0.17633."""
    with pytest.raises(DataError, match=r"^a: gantry tilt of 10.0°: the image plane is oblique"):
        read(kind, grid(sideways=(0, 2.5 * 0.17633)))


@pytest.mark.parametrize("kind", ["nifti", "nrrd"])
def test_rows_that_are_sheared(kind, read):
    """By tan 1° · 0.8 mm a row. DICOM's own check has its directions perpendicular."""
    (found,) = findings(read(kind, grid(across=0.8 * ONE_DEGREE)))
    assert found["code"] == "gantry-tilt"
    assert found["text"].startswith("rows and columns are sheared by 1.0°")


def test_rows_may_be_off_by_half_a_pixel_in_all():
    """63 rows, shifted by half of 0.6 mm and by a little more than that."""
    voxels = np.zeros((24, 64, 64), np.int16)
    assert oriented(voxels, grid(across=0.2999 / 63))[2] == []
    assert len(oriented(voxels, grid(across=0.3001 / 63))[2]) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_few_slices_are_reported_once(kind, read):
    (found,) = findings(read(kind, grid(), n=19))
    assert found["text"] == "only 19 slices; a chest takes 20 or more"
    assert found["severity"] == "warning"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("spacing", "size"),
    [((2.5, 0.8, 0.009), "0.009"), ((2.5, 101, 0.8), "101"), ((101, 0.8, 0.6), "101")],
)
def test_sizes_that_no_voxel_has(kind, spacing, size, read):
    with pytest.raises(
        DataError, match=rf"^a: a spacing of {size} mm is not between 0.01 and 100 mm$"
    ):
        read(kind, grid(spacing))


def test_images_of_slices_are_held_to_the_same(phantom, tmp_path):
    image, mask = phantom
    write_slices(tmp_path, (image[:19], mask[:19], None))
    assert [one["text"] for one in findings(slices(tmp_path).read("a"))] == [
        "only 19 slices; a chest takes 20 or more"
    ]
    with pytest.raises(ConfigError, match=r"data.spacing_mm: a spacing of 0.001 mm is not between"):
        slices(tmp_path, spacing_mm=[0.001, 1, 1])


@pytest.mark.parametrize("size", [0.0099, 100.1, 0.0, -1.0, np.nan, np.inf])
def test_wrong_spacing(size):
    assert wrong_spacing([1.0, 0.01, 100.0]) is None
    assert wrong_spacing([1.0, size]) is not None


@given(
    spacing=st.tuples(*[st.floats(0.02, 90)] * 3),
    angles=st.tuples(*[st.floats(-0.04, 0.04)] * 3),
    jitter=st.tuples(*[st.floats(-1e-4, 1e-4)] * 2),
)
def test_spacing_of_perpendicular_axes_is_the_length_of_a_step_to_the_last_bit(
    spacing, angles, jitter
):
    affine = np.eye(4)
    axes = Rotation.from_euler("xyz", angles).as_matrix()[:, ::-1] * spacing
    affine[:3, :3] = axes + np.outer([1, 1, 0], [spacing[0] * jitter[0], 0, 0])
    expected = tuple(float(size) for size in np.linalg.norm(affine[:3, :3], axis=0))
    assert Volume(np.zeros((1, 1, 1), np.int16), affine).spacing == expected


@given(shears=st.tuples(*[st.floats(0.002, 0.5)] * 3), spacing=st.tuples(*[st.floats(0.1, 10)] * 3))
def test_spacing_of_other_axes_is_the_distance_of_planes(shears, spacing):
    """Of the next plane's voxels, the height over the plane of three that span this one."""
    z, y, x = (size * axis for size, axis in zip(spacing, np.eye(3)[::-1], strict=True))
    a, b, c = shears
    steps = [z + a * y + b * x, y + c * x, x]
    affine = np.eye(4)
    affine[:3, :3] = np.array(steps).T
    for axis, size in enumerate(spacing_of(affine)):
        one, other = (steps[k] for k in range(3) if k != axis)
        volume = abs(np.dot(steps[axis], np.cross(one, other)))
        assert size == pytest.approx(volume / np.linalg.norm(np.cross(one, other)))
