"""Single files: defined and undefined lengths, unexpected pixels, damage."""

import struct
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    RLELossless,
)

from lungseg.dicom.deidentify.dataset import DeidentifyOptions
from lungseg.dicom.deidentify.file import Outcome, deidentify_file
from lungseg.dicom.deidentify.pseudonyms import Pseudonyms
from tests.dicom.compressed import rewrite
from tests.dicom.write_rtstruct import write_rtstruct
from tests.dicom.write_seg import write_seg

SQUARE = np.array([[0, 0, 0], [9.5, 0, 0], [9.5, 9.5, 0], [0, 9.5, 0]])


def run(file, output):
    return deidentify_file(file, output, DeidentifyOptions(Pseudonyms(b"k" * 16), lambda names: {}))


def copy_of(file, output):
    outcome = run(file, output)
    assert outcome.left_out is None
    (copy,) = output.rglob("*.dcm")
    return copy, outcome


def undefined(dataset):
    """All sequences and items without lengths, as DCMTK and dcm4che write them."""
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                undefined(item)


def image(phantom_root):
    return min((phantom_root / "Images" / "Case_001").iterdir())


@pytest.fixture
def ct(phantom_root, tmp_path):
    """A slice with an icon, which takes more than 64 KiB."""
    ds = pydicom.dcmread(image(phantom_root))
    icon = pydicom.Dataset()
    icon.Rows = icon.Columns = 192
    icon.BitsAllocated, icon.SamplesPerPixel = 16, 1
    icon.PixelData = bytes(2 * 192 * 192)
    icon["PixelData"].VR = "OW"
    ds.IconImageSequence = [icon]
    ds.add_new(0x00091001, "SQ", [icon])
    ds.save_as(tmp_path / "ct.dcm")
    return tmp_path / "ct.dcm"


@pytest.fixture
def rtstruct(tmp_path):
    file = tmp_path / "rt.dcm"
    contours = [np.add(SQUARE, (0, 0, z)) for z in range(400)]
    write_rtstruct(file, {"lung left": contours}, "1.2.3", "1.2.4")
    return file


@pytest.fixture
def seg(phantom_root, tmp_path):
    files = sorted((phantom_root / "Images" / "Case_001").iterdir())
    mask = np.zeros((len(files), 32, 32), np.uint8)
    mask[:, 8:20, 8:20] = 1
    affine = np.array([[0, 0, 1, 0], [0, 1, 0, 0], [5, 0, 0, 0], [0, 0, 0, 1]], float)
    write_seg(tmp_path / "seg.dcm", {"Lung": mask}, affine, files)
    return tmp_path / "seg.dcm"


@pytest.mark.parametrize("kind", ["ct", "rtstruct", "seg"])
def test_copies_do_not_depend_on_the_encoding_of_lengths(kind, request, tmp_path):
    file = request.getfixturevalue(kind)
    ds = pydicom.dcmread(file)
    undefined(ds)
    ds.save_as(tmp_path / "undefined.dcm")
    assert (tmp_path / "undefined.dcm").read_bytes().count(b"\xfe\xff\xdd\xe0") > 1
    defined, _ = copy_of(file, tmp_path / "a")
    other, _ = copy_of(tmp_path / "undefined.dcm", tmp_path / "b")
    assert b"\xfe\xff\xdd\xe0" not in other.read_bytes()
    assert other.relative_to(tmp_path / "b") == defined.relative_to(tmp_path / "a")
    assert other.read_bytes() == defined.read_bytes()
    if kind != "rtstruct":
        assert pydicom.dcmread(other).PixelData == ds.PixelData


def test_pixels_of_a_structure_set_go(rtstruct, tmp_path):
    ds = pydicom.dcmread(rtstruct)
    plain, _ = copy_of(rtstruct, tmp_path / "plain")
    for n, value in enumerate((b"", b"QZX00001Z!")):
        ds.PixelData = value
        ds["PixelData"].VR = "OB"
        ds.save_as(tmp_path / "rt.dcm")
        copy, outcome = copy_of(tmp_path / "rt.dcm", tmp_path / f"{n}")
        assert outcome.changes[0x7FE00010, "removed"] == 1
        assert copy.read_bytes() == plain.read_bytes()


def without(*keywords):
    def change(ds):
        for keyword in keywords:
            delattr(ds, keyword)

    return change


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (
            lambda ds: setattr(ds, "PixelData", ds.PixelData[:-2]),
            "damaged: PixelData has fewer bytes than Rows × Columns require",
        ),
        (without("Rows"), "damaged: Rows is missing or not a positive number"),
        (
            lambda ds: ds.add_new("NumberOfFrames", "LO", "many"),
            "damaged: NumberOfFrames is missing or not a positive number",
        ),
        (lambda ds: setattr(ds, "PixelData", b""), "no pixel data"),
        (without("PixelData"), "no pixel data"),
        (without("SeriesInstanceUID"), "no SOPInstanceUID or SeriesInstanceUID"),
    ],
)
def test_the_reason_is_true(phantom_root, tmp_path, change, outcome):
    ds = pydicom.dcmread(image(phantom_root))
    change(ds)
    ds.save_as(tmp_path / "a.dcm")
    damage = outcome.removeprefix("damaged: ") if outcome.startswith("damaged") else ""
    assert run(tmp_path / "a.dcm", tmp_path / "out") == Outcome(outcome, damage)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("whole", [True, False])
def test_fragments_in_a_native_transfer_syntax(whole, phantom_root, tmp_path):
    """Fragments that are the image as it is are joined; others may be compressed."""
    ds = pydicom.dcmread(image(phantom_root))
    pixels = ds.PixelData
    ds.PixelData = encapsulate([pixels if whole else pixels[:-2]], fragments_per_frame=2)
    ds["PixelData"].VR = "OB"
    ds.file_meta.TransferSyntaxUID = RLELossless
    ds.save_as(tmp_path / "a.dcm")
    content = (tmp_path / "a.dcm").read_bytes()
    named = content.replace(RLELossless.encode(), ExplicitVRLittleEndian.encode())
    (tmp_path / "a.dcm").write_bytes(named)
    if whole:
        copy, _ = copy_of(tmp_path / "a.dcm", tmp_path / "out")
        again = pydicom.dcmread(copy)["PixelData"]
        assert (again.value, again.VR) == (pixels, "OW")
        assert b"\xfe\xff\0\xe0" not in copy.read_bytes()[-len(pixels) - 20 :]
        return
    reason = "pixels in fragments are not copied in Explicit VR Little Endian"
    assert run(tmp_path / "a.dcm", tmp_path / "out") == Outcome(reason)


def test_pixels_of_one_bit_fill_whole_bytes_together(seg, tmp_path):
    ds = pydicom.dcmread(seg)
    assert (ds.BitsAllocated, 32 * 32 * ds.NumberOfFrames // 8) == (1, len(ds.PixelData))
    ds.Rows, ds.Columns, ds.NumberOfFrames = 5, 5, 3  # 75 bits: 10 bytes
    ds.PixelData = bytes(range(9)) + b"\0"
    ds.save_as(tmp_path / "ten.dcm")
    copy, _ = copy_of(tmp_path / "ten.dcm", tmp_path / "a")
    assert pydicom.dcmread(copy).PixelData == bytes(range(9)) + b"\0"
    ds.PixelData = bytes(8)
    ds.save_as(tmp_path / "eight.dcm")
    assert "fewer bytes" in run(tmp_path / "eight.dcm", tmp_path / "b").damage


def test_damaged_bytes_say_how(phantom_root, tmp_path):
    whole = image(phantom_root).read_bytes()
    for content, outcome in (
        (whole[:-100], "damaged: a value ends beyond the file"),
        (whole[:400], "damaged: a value ends beyond the file"),
        (b"", "damaged: it is empty"),
        (b"Dear colleague", "damaged: its name ends in .dcm, but it is not DICOM"),
        (whole.replace(b"(\0\2\1US", b"(\0\2\1ZZ"), "damaged: an unknown value representation"),
    ):
        (tmp_path / "a.dcm").write_bytes(content)
        assert run(tmp_path / "a.dcm", tmp_path / "out").left_out == outcome
    # Without mark and ending nothing says that it is DICOM: it may begin like that by chance.
    (tmp_path / "a").write_bytes(b"\x08\0\1\0 text")
    assert run(tmp_path / "a", tmp_path / "out").left_out == "no DICOM file"


def test_deflated_data_that_end_early(phantom_root, tmp_path):
    file = tmp_path / "a.dcm"
    file.write_bytes(image(phantom_root).read_bytes())
    rewrite(file, DeflatedExplicitVRLittleEndian)
    content = file.read_bytes()
    with pytest.raises(zlib.error):
        zlib.decompress(content[-200:], -zlib.MAX_WBITS)
    file.write_bytes(content[:-200])
    assert run(file, tmp_path / "out").left_out == "damaged: deflated data are damaged"


@pytest.mark.parametrize("meta", [True, False])
def test_big_endian_with_and_without_meta(meta, phantom_root, tmp_path):
    file = tmp_path / "a.dcm"
    file.write_bytes(image(phantom_root).read_bytes())
    rewrite(file, ExplicitVRBigEndian)
    original = pydicom.dcmread(file)
    if not meta:
        content = file.read_bytes()
        (length,) = struct.unpack_from("<I", content, 140)
        file.write_bytes(content[144 + length :])
    copy, _ = copy_of(file, tmp_path / "out")
    ds = pydicom.dcmread(copy)
    assert ds.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    assert ds.PixelData == original.PixelData
    assert ds.Rows == original.Rows


def test_an_unknown_transfer_syntax_is_not_damage(phantom_root, tmp_path):
    content = image(phantom_root).read_bytes()
    known = b"1.2.840.10008.1.2.1\0"
    assert content.count(known) == 1
    (tmp_path / "a.dcm").write_bytes(content.replace(known, b"1.2.826.0.1.3680043."[:19] + b"\0"))
    outcome = run(tmp_path / "a.dcm", tmp_path / "out")
    assert outcome.damage == ""
    assert "transfer syntax" in outcome.left_out


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("Größe 7^a", True),
        ("m" * 64, True),
        ("m" * 65, False),
        ("Maker\x07", False),
        ("Maker\r\nMeier", False),
        ("Maker\x1b[31m", False),
    ],
)
def test_kept_texts_fit_their_type(value, kept, phantom_root, tmp_path):
    ds = pydicom.dcmread(image(phantom_root))
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.Manufacturer = value
    ds.ConvolutionKernel = "B30f" if kept else "m" * 17
    ds.save_as(tmp_path / "a.dcm")
    copy, _ = copy_of(tmp_path / "a.dcm", tmp_path / "out")
    again = pydicom.dcmread(copy)
    assert (again.Manufacturer or "") == (value if kept else "")
    assert (again.ConvolutionKernel or "") == ("B30f" if kept else "")


def test_damage_is_not_reported_for_kinds_that_are_not_copied(phantom_root, tmp_path):
    ds = pydicom.dcmread(image(phantom_root))
    ds.SOPClassUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.4", "MR"
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.save_as(tmp_path / "mr.dcm")
    (tmp_path / "mr.dcm").write_bytes((tmp_path / "mr.dcm").read_bytes()[:-100])
    reason = "neither CT nor structure set nor segmentation"
    assert run(tmp_path / "mr.dcm", tmp_path / "out") == Outcome(reason)


def test_a_ct_without_a_class_says_so(phantom_root, tmp_path):
    ds = pydicom.dcmread(image(phantom_root))
    del ds.SOPClassUID
    pydicom.dcmwrite(tmp_path / "a.dcm", ds)
    assert run(tmp_path / "a.dcm", tmp_path / "out") == Outcome("no SOPClassUID")
