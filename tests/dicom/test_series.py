"""Series are ordered by geometry and refused if they are not an even stack."""

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from lungseg.dicom.series import read_series as read_files
from lungseg.dicom.tree import dicom_files
from lungseg.errors import DataError

SERIES = generate_uid(entropy_srcs=["series"])
AXIAL = [1, 0, 0, 0, 1, 0]


def read_series(folder):
    return read_files(sorted(folder.iterdir()) or dicom_files(folder))


def codes(folder):
    return {finding.code: finding for finding in read_series(folder).findings}


def write_slice(path, pixels, position, *, orientation=AXIAL, instance=1, series=SERIES, **tags):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    ds.SeriesInstanceUID = series
    ds.Modality = "CT"
    ds.Rows, ds.Columns = pixels.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation = 15, 1
    ds.RescaleSlope, ds.RescaleIntercept = 1, 0
    ds.PixelSpacing = [0.8, 0.6]
    ds.InstanceNumber = instance
    ds.ImagePositionPatient = [round(float(v), 6) for v in position]
    ds.ImageOrientationPatient = orientation
    ds.PixelData = np.ascontiguousarray(pixels, dtype="<i2").tobytes()
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    ds.save_as(path, enforce_file_format=True)


def write_stack(folder, n=6, spacing=2.5, names=None, instances=None, **keywords):
    folder.mkdir(exist_ok=True)
    volume = np.random.default_rng(0).integers(-1000, 1000, (n, 4, 5)).astype(np.int16)
    for z in range(n):
        name = names[z] if names else f"{z:03d}"
        write_slice(
            folder / f"{name}.dcm",
            volume[z],
            (-10, -20, -100 + spacing * z),
            instance=instances[z] if instances else z + 1,
            **keywords,
        )
    return volume


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_order_is_that_of_positions_whatever_names_and_numbers_say(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stack")
    names = data.draw(st.permutations([str(i) for i in range(6)]))
    instances = data.draw(st.permutations(list(range(1, 7))))
    volume = write_stack(folder, names=names, instances=instances)
    series = read_series(folder)
    np.testing.assert_array_equal(series.volume.voxels, volume)
    np.testing.assert_allclose(
        series.volume.affine,
        [[0, 0, 0.6, -10], [0, 0.8, 0, -20], [2.5, 0, 0, -100], [0, 0, 0, 1]],
    )


def test_scrambled_instance_numbers_are_noted(tmp_path):
    write_stack(tmp_path / "a", instances=[3, 5, 1, 2, 6, 4])
    write_stack(tmp_path / "b", instances=[6, 5, 4, 3, 2, 1])
    write_stack(tmp_path / "c")
    severities = [
        [f.severity for f in read_series(tmp_path / name).findings if f.code == "instance-number"]
        for name in "abc"
    ]
    assert severities == [["warning"], ["info"], []]


def test_head_and_feet_follow_from_the_affine_not_the_row_direction(tmp_path):
    """Prone: rows run to the right of the patient, columns to the front."""
    volume = np.random.default_rng(1).integers(-1000, 1000, (3, 4, 5)).astype(np.int16)
    for z in range(3):
        write_slice(
            tmp_path / f"{z}.dcm", volume[z], (10, 20, 5 * z), orientation=[-1, 0, 0, 0, -1, 0]
        )
    series = read_series(tmp_path)
    np.testing.assert_array_equal(series.volume.voxels, volume[:, ::-1, ::-1])
    np.testing.assert_allclose(series.volume.affine @ [0, 3, 4, 1], [10, 20, 0, 1])


def test_sagittal_slices_become_an_axial_volume(tmp_path):
    """Rows run to the back, columns to the feet, slices toward the left."""
    volume = np.random.default_rng(1).integers(-1000, 1000, (3, 4, 5)).astype(np.int16)
    for x in range(3):
        write_slice(
            tmp_path / f"{x}.dcm", volume[x], (2 * x, 0, 50), orientation=[0, 1, 0, 0, 0, -1]
        )
    series = read_series(tmp_path)
    np.testing.assert_array_equal(series.volume.voxels, volume.transpose(1, 2, 0)[::-1])
    assert series.volume.spacing == pytest.approx((0.8, 0.6, 2))
    assert "not-axial" in {finding.code for finding in series.findings}


def test_rescale_and_padding(tmp_path):
    pixels = np.array([[-2000, 0], [1500, 100]], np.int16)
    write_slice(tmp_path / "0.dcm", pixels, (0, 0, 0), RescaleSlope=2, RescaleIntercept=-1000)
    write_slice(tmp_path / "1.dcm", pixels, (0, 0, 1), RescaleSlope=0.5, RescaleIntercept=-24)
    series = read_series(tmp_path)
    assert series.volume.voxels.tolist() == [
        [[-1024, -1000], [2000, -800]],
        [[-1024, -24], [726, 26]],
    ]
    assert "padding" in {finding.code for finding in series.findings}


def test_jitter_is_not_a_missing_slice(tmp_path):
    for z in range(5):
        write_slice(tmp_path / f"{z}.dcm", np.zeros((2, 2)), (0, 0, 4 * z + 0.0007 * (z % 2)))
    assert read_series(tmp_path).volume.spacing[0] == pytest.approx(4, abs=1e-3)


def test_hash_is_that_of_contents_whatever_the_names(tmp_path):
    write_stack(tmp_path / "a")
    (tmp_path / "b").mkdir()
    for i, file in enumerate(sorted((tmp_path / "a").iterdir(), reverse=True)):
        (tmp_path / "b" / f"{i}.dcm").write_bytes(file.read_bytes())
    assert read_series(tmp_path / "a").sha256 == read_series(tmp_path / "b").sha256


def _truncate(folder):
    file = folder / "002.dcm"
    file.write_bytes(file.read_bytes()[:-20])


def _truncate_header(folder):
    file = folder / "002.dcm"
    file.write_bytes(file.read_bytes()[:400])


def _not_dicom(folder):
    (folder / "002.dcm").write_bytes(b"PNG" * 200)


def _two_series(folder):
    write_slice(folder / "x.dcm", np.zeros((4, 5)), (-10, -20, 0), series=generate_uid())


def _other_size(folder):
    write_slice(folder / "x.dcm", np.zeros((4, 6)), (-10, -20, -85))


def _other_pixels(folder):
    write_slice(folder / "x.dcm", np.ones((4, 5)), (-10, -20, -95))


def _other_orientation(folder):
    write_slice(folder / "x.dcm", np.ones((4, 5)), (-10, -20, -85), orientation=[0, 1, 0, 1, 0, 0])


def _other_spacing(folder):
    write_slice(folder / "x.dcm", np.ones((4, 5)), (-10, -20, -85), PixelSpacing=[0.8, 0.7])


def _tilt(folder):
    write_slice(folder / "x.dcm", np.zeros((4, 5)), (-10, -18, -85))


def _oblique(folder):
    for file in folder.iterdir():
        ds = pydicom.dcmread(file)
        ds.ImageOrientationPatient = [1, 0, 0, 0, round(np.cos(0.3), 6), round(-np.sin(0.3), 6)]
        ds.save_as(file)


def _absurd(folder):
    ds = pydicom.dcmread(folder / "000.dcm")
    ds.Rows = ds.Columns = 60000
    ds.save_as(folder / "000.dcm")


def _other_modality(folder):
    write_slice(folder / "x.dcm", np.zeros((4, 5)), (-10, -20, -85), Modality="MR")


def _emptied(folder):
    for file in folder.iterdir():
        file.unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_truncate, "truncated or damaged"),
        (_truncate_header, "truncated or damaged: a value ends beyond the file"),
        (_not_dicom, "not DICOM"),
        (_two_series, r"2 series in one folder \(6 \+ 1 files\)"),
        (_other_pixels, "two slices with different pixels have the same position"),
        (_other_size, "differ in image size"),
        (_other_orientation, "differ in orientation"),
        (_other_spacing, "differ in pixel spacing"),
        (_tilt, "slices shift sideways unevenly"),
        (_oblique, "oblique"),
        (_absurd, "slices of 60000 × 60000 pixels"),
        (_other_modality, "not a CT image but MR"),
        (_emptied, "no DICOM file"),
    ],
)
def test_what_makes_no_volume_is_refused_in_one_line(damage, message, tmp_path):
    write_stack(tmp_path / "stack")
    damage(tmp_path / "stack")
    with pytest.raises(DataError, match=message) as refused:
        read_series(tmp_path / "stack")
    assert "\n" not in str(refused.value)
    assert str(tmp_path) not in str(refused.value)  # the path is kept apart from the message
    assert str(refused.value.path).startswith(str(tmp_path))


@pytest.mark.realdata
def test_real_series_equal_their_nrrd(realdata):
    """CIP's volume, read from DICOM, against the same voxels as NRRD (x runs fastest)."""
    import gzip

    header, _, data = (realdata / "cip_ct64" / "ct-64.nrrd").read_bytes().partition(b"\n\n")
    fields = dict(
        line.split(": ", 1) for line in header.decode("latin-1").splitlines() if ": " in line
    )
    raw = gzip.decompress(data) if fields["encoding"] in ("gzip", "gz") else data
    nx, ny, nz = (int(size) for size in fields["sizes"].split())
    expected = np.frombuffer(raw, "<i2").reshape(nz, ny, nx)
    series = read_series(realdata / "cip_ct64" / "dicom")
    np.testing.assert_array_equal(series.volume.voxels, np.clip(expected, -1024, None))


@pytest.mark.realdata
def test_real_slices_with_padding(realdata):
    series = read_series(realdata / "lidc_slices")
    assert series.volume.voxels.shape == (12, 512, 512)
    assert series.volume.voxels.min() == -1024
    assert series.volume.spacing == pytest.approx((2.5, 0.859375, 0.859375))
    assert {finding.code for finding in series.findings} == {
        "instance-number",
        "padding",
        "few-slices",
    }


def test_slices_of_two_patients_are_refused(tmp_path):
    write_stack(tmp_path, PatientID="A")
    file = tmp_path / "002.dcm"
    ds = pydicom.dcmread(file)
    ds.PatientID = "B"
    ds.save_as(file)
    with pytest.raises(DataError, match="files of 2 patients in one series"):
        read_series(tmp_path)
    ds.PatientID = ""
    ds.save_as(file)
    assert read_series(tmp_path)


def test_frames_of_reference_that_differ_are_reported(tmp_path):
    write_stack(tmp_path, FrameOfReferenceUID="1.2.3")
    assert "frame-of-reference" not in codes(tmp_path)
    file = tmp_path / "002.dcm"
    ds = pydicom.dcmread(file)
    ds.FrameOfReferenceUID = "1.2.4"
    ds.save_as(file)
    assert codes(tmp_path)["frame-of-reference"].severity == "warning"
