"""What derived objects take from the headers of a scan, in whatever form it is there."""

import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from lungseg.dicom.derived import Algorithm, identify, inherit
from lungseg.dicom.origin import read_origin
from lungseg.errors import DataError
from tests.dicom.oriented import write_series
from tests.dicom.write_enhanced import write_enhanced

AFFINE = np.array([[0, 0, 0.8, -10], [0, 0.9, 0, -20], [2.5, 0, 0, 30], [0, 0, 0, 1]])
ABOUT = Algorithm("lungseg", "1.2", "ab" * 32)


@pytest.fixture
def origin_of(tmp_path):
    """Three slices with the given attributes, read."""

    def read(**tags):
        write_series(tmp_path / "ct", np.zeros((3, 4, 5), np.int16), AFFINE, **tags)
        return read_origin([(file, 1) for file in sorted((tmp_path / "ct").iterdir())])

    return read


def test_geometry(origin_of):
    origin = origin_of()
    assert [one.position.tolist() for one in origin.slices] == [
        [-10, -20, z] for z in (30, 32.5, 35)
    ]
    assert [one.instance[-1] for one in origin.slices] == ["1", "2", "3"]
    np.testing.assert_array_equal(origin.orientation, [[1, 0, 0], [0, 1, 0]])
    assert (origin.pixel_spacing, origin.spacing) == ((0.9, 0.8), 2.5)


def test_frames_of_two_files(tmp_path):
    """In the order of instances, not of files and frames."""
    write_series(tmp_path / "ct", np.zeros((4, 4, 5), np.int16), AFFINE)
    files = sorted((tmp_path / "ct").iterdir())
    for name, part in (("a.dcm", files[:2]), ("b.dcm", files[:1:-1])):
        write_enhanced(tmp_path / name, part)
    instances = [("a.dcm", 1), ("a.dcm", 2), ("b.dcm", 2), ("b.dcm", 1)]
    origin = read_origin([(tmp_path / name, frame) for name, frame in instances])
    assert [one.position[2] for one in origin.slices] == [30, 32.5, 35, 37.5]
    assert [one.frame for one in origin.slices] == [1, 2, 2, 1]
    assert len({one.instance for one in origin.slices}) == 2


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("charset", "stored", "name", "written"),
    [
        (None, b"M\xfcller^J\xf6rg", "Müller^Jörg", "ISO_IR 100"),  # undeclared Latin 1
        ("ISO_IR 100", b"M\xfcller^J\xf6rg", "Müller^Jörg", "ISO_IR 100"),
        ("ISO_IR 192", "Müller^Jörg".encode(), "Müller^Jörg", "ISO_IR 100"),
        ("ISO_IR 144", b"\xbb\xee\xda", "Люк", "ISO_IR 192"),
        (
            ["", "ISO 2022 IR 87"],  # the example of PS3.5 H.3.1
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
            "Yamada^Tarou=山田^太郎",
            "ISO_IR 192",
        ),
        ("ISO_IR 999", b"Doe^Jane", "Doe^Jane", "ISO_IR 100"),
    ],
)
def test_names_in_any_character_set(origin_of, tmp_path, charset, stored, name, written):
    word = b"NAME" * ((len(stored) + 3) // 4)
    origin_of(PatientName=word.decode(), **({"SpecificCharacterSet": charset} if charset else {}))
    for file in (tmp_path / "ct").iterdir():
        content = file.read_bytes()
        assert content.count(word) == 1
        file.write_bytes(content.replace(word, stored.ljust(len(word))))
    origin = read_origin([(file, 1) for file in sorted((tmp_path / "ct").iterdir())])
    made = Dataset()
    inherit(made, origin)
    assert made.PatientName == name
    assert made.SpecificCharacterSet == written
    made.save_as(tmp_path / "made", implicit_vr=True, little_endian=True)
    assert pydicom.dcmread(tmp_path / "made", force=True).PatientName == name


def test_only_forms_that_the_standard_allows(origin_of):
    removed = Dataset()
    removed.CodeValue, removed.CodingSchemeDesignator = "113100", "DCM"
    removed.CodeMeaning = "Basic Application Confidentiality Profile"
    with pydicom.config.disable_value_validation():
        origin = origin_of(
            PatientBirthDate="1950.01.02",
            StudyTime="2561",
            PatientSex="female",
            PatientAge="74",
            PatientSize="1.75",
            StudyDescription="x" * 65,
            DeidentificationMethodCodeSequence=[removed],
            LossyImageCompression="01",
            LossyImageCompressionRatio=["12.5", "8"],
        )
    values = origin.attributes
    for keyword in ("PatientBirthDate", "StudyTime", "PatientSex"):
        assert values[keyword] == ""  # type 2: there, but empty
    for keyword in ("PatientAge", "StudyDescription"):
        assert keyword not in values
    assert values["PatientSize"] == "1.75"
    assert origin.deidentification == [("113100", "DCM", removed.CodeMeaning)]
    assert origin.lossy == {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": "12.5\\8",
    }


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, ("20240305", "101500.25")),
        ({"ContentDate": "20240306", "ContentTime": "07"}, ("20240306", "07")),
        ({"AcquisitionDate": None}, ("20240305", "101112")),
        ({"AcquisitionTime": None}, ("20240305", "000000")),
        ({"AcquisitionDate": None, "StudyDate": None}, ("19000101", "000000")),
    ],
)
def test_when(origin_of, tags, expected):
    origin = origin_of(**tags)
    assert (origin.date, origin.time) == expected


@pytest.mark.parametrize("value", [None, "", "1.2.x"])
def test_uids_to_refer_to(origin_of, value):
    what = "malformed" if value == "1.2.x" else "missing"
    with pydicom.config.disable_value_validation():
        origin = origin_of(FrameOfReferenceUID=value)
        assert origin.frame_of_reference == origin_of(FrameOfReferenceUID=value).frame_of_reference
        assert origin.frame_of_reference.startswith("2.25.")
        with pytest.raises(DataError, match=f"^StudyInstanceUID is {what}, so that") as caught:
            origin_of(StudyInstanceUID=value)
    assert "1.2.x" not in str(caught.value)


def test_other_contents_have_other_uids(origin_of):
    origin = origin_of()
    mask = np.zeros((3, 4, 5), np.uint8)
    made = [
        identify(origin, ABOUT, "seg", [mask]),
        identify(origin, ABOUT, "rtstruct", [mask]),
        identify(origin, ABOUT, "seg", [mask + np.uint8(1)]),
        identify(origin, ABOUT, "seg", [mask.reshape(3, 5, 4)]),
        identify(origin, Algorithm("lungseg", "1.3", "ab" * 32), "seg", [mask]),
        identify(origin, Algorithm("lungseg", "1.2", "cd" * 32), "seg", [mask]),
    ]
    uids = [uid for one in made for uid in (one.series, one.instance, one.dimensions)]
    assert len(set(uids)) == 3 * len(made)
    assert identify(origin, ABOUT, "seg", [mask.copy(order="F")]) == made[0]
