"""Odd files as they are met in archives: the kinds of odd files, each with further inputs."""

import os
import re
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

from lungseg.dicom.deidentify.dataset import DeidentifyOptions
from lungseg.dicom.deidentify.file import deidentify_file
from lungseg.dicom.deidentify.pseudonyms import Pseudonyms
from lungseg.errors import DataError
from tests.conftest import Cli
from tests.dicom.compressed import rewrite
from tests.dicom.deidentify.malformed import save, set_raw
from tests.dicom.deidentify.test_file import undefined
from tests.sources.encoded_case import write_case

FAR = 70_000  # bytes: beyond the first 64 KiB


@pytest.fixture
def case(phantom_root, tmp_path):
    return write_case(tmp_path, phantom_root, "rtstruct")


def slices(case):
    return sorted((case.root / "P1").rglob("I*"))


def everything(case):
    return [*slices(case), case.file]


def edited(file, edit):
    ds = pydicom.dcmread(file)
    edit(ds)
    ds.save_as(file)


def beside(case, sop_class, modality, **tags):
    """Another object of the same patient and study among the case's files."""
    ds = pydicom.dcmread(slices(case)[0])
    del ds.PixelData
    ds.SOPClassUID, ds.Modality = sop_class, modality
    ds.SOPInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.file_meta.MediaStorageSOPClassUID = sop_class
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    undefined(ds)
    file = case.file.with_name("beside.dcm")
    ds.save_as(file)
    assert file.stat().st_size > FAR
    return file


def item(**tags):
    made = Dataset()
    for keyword, value in tags.items():
        setattr(made, keyword, value)
    return made


class TestUndefinedLengths:
    """Sequences beyond 64 KiB whose end is told by delimiters."""

    def test_structures(self, case):
        expected = case.read()

        def edit(ds):
            point = item(ContourGeometricType="POINT", ContourData=["1", "2", "3"])
            roi = item(ROINumber=99, ROIName="marks", ROIGenerationAlgorithm="")
            ds.StructureSetROISequence.insert(0, roi)
            other = item(ReferencedROINumber=99, ContourSequence=[point] * 2000)
            ds.ROIContourSequence.insert(0, other)
            undefined(ds)

        edited(case.file, edit)
        assert case.file.stat().st_size > FAR
        assert case.read() == expected

    def test_a_segmentation(self, phantom_root, tmp_path):
        case = write_case(tmp_path, phantom_root, "seg")
        expected = case.read()

        def edit(ds):
            ds.SourceImageSequence = [
                item(ReferencedSOPClassUID="1.2.3", ReferencedSOPInstanceUID=generate_uid())
                for _ in range(900)
            ]
            undefined(ds)

        edited(case.file, edit)
        assert case.file.stat().st_size > FAR
        assert case.read() == expected

    def test_an_icon_in_each_slice(self, case):
        expected = case.read()

        def edit(ds):
            icon = item(Rows=200, Columns=200, BitsAllocated=16, PixelData=bytes(80000))
            icon["PixelData"].VR = "OW"
            ds.IconImageSequence = [icon]
            undefined(ds)

        for file in slices(case):
            edited(file, edit)
        assert case.read() == expected

    def test_a_report_beside(self, case):
        expected = case.read()
        texts = [item(RelationshipType="CONTAINS", ValueType="TEXT", TextValue="y" * 80)] * 900
        beside(case, "1.2.840.10008.5.1.4.1.1.88.67", "SR", ContentSequence=texts)
        assert case.read() == expected

    def test_an_ecg_beside(self, case):
        expected = case.read()
        wave = item(NumberOfWaveformChannels=1, WaveformBitsAllocated=16)
        wave.add_new("WaveformData", "OW", bytes(FAR))
        beside(case, "1.2.840.10008.5.1.4.1.1.9.1.1", "ECG", WaveformSequence=[wave])
        assert case.read() == expected

    def test_private_sequences_of_unknown_type_before_the_patient(self, case):
        """UN of undefined length: what is in it is implicit, whatever the file is (PS3.5 6.2.2)."""
        expected = case.read()
        inner = struct.pack("<HHI", 0x0009, 0x1002, FAR) + bytes(FAR)
        value = b"\xfe\xff\0\xe0\xff\xff\xff\xff" + inner + b"\xfe\xff\x0d\xe0\0\0\0\0"
        private = (
            b"\x09\0\x10\0LO\x04\0ODD " + b"\x09\0\x01\x10UN\0\0\xff\xff\xff\xff" + value
        ) + b"\xfe\xff\xdd\xe0\0\0\0\0"
        for file in slices(case):
            content = file.read_bytes()
            at = content.index(b"\x10\0\x10\0PN")
            file.write_bytes(content[:at] + private + content[at:])
            read = pydicom.dcmread(file)
            assert len(read[0x0009, 0x1001].value[0][0x0009, 0x1002].value) == FAR
        assert case.read() == expected


class TestDamageIsNamed:
    """The screen names the file that is damaged and what is wrong with it; nothing else does."""

    def refused(self, case, tmp_path):
        cli = Cli(tmp_path)
        line = cli.refused("prepare", "data=tcia", f"data.root={case.root}")
        logs = [log.read_text() for log in (tmp_path / "outputs").rglob("*.log")]
        assert logs
        assert not [log for log in logs if "odd" in log or str(case.root) in log]
        return line

    def test_an_empty_file(self, case, tmp_path):
        file = slices(case)[0].with_name("odd_017.dcm")
        file.touch()
        line = self.refused(case, tmp_path)
        assert "1 DICOM file is damaged or incomplete (it is empty)" in line
        assert f"[{file}]" in line

    def test_a_text_with_the_ending(self, case, tmp_path):
        file = slices(case)[0].with_name("odd.DCM")
        file.write_text("see the other folder")
        line = self.refused(case, tmp_path)
        assert "(its name ends in .dcm, but it is not DICOM)" in line
        assert f"[{file}]" in line

    def test_structures_cut_short(self, case, tmp_path):
        content = case.file.read_bytes()
        file = case.file.with_name("odd_rs")
        case.file.rename(file)
        file.write_bytes(content[:700])
        line = self.refused(case, tmp_path)
        assert "a value ends beyond the file" in line or "bytes end amid" in line
        assert f"[{file}]" in line

    def test_a_slice_whose_pixels_end_early(self, case, tmp_path):
        file = slices(case)[5]
        file = file.rename(file.with_name("odd_slice"))
        file.write_bytes(file.read_bytes()[:-2])
        line = self.refused(case, tmp_path)
        assert "truncated or damaged: a value ends beyond the file" in line
        assert f"[{file}]" in line

    def test_a_file_without_preamble_is_read(self, case):
        expected = case.read()
        case.file.write_bytes(case.file.read_bytes()[132:])
        assert case.read() == expected


class TestTransferSyntaxes:
    """Intact files whose transfer syntax is odd are read, or it is said that it is not."""

    def test_pixels_of_ge_in_big_endian(self, case):
        expected = case.read()
        for file in slices(case):
            ds = pydicom.dcmread(file)
            ds.PixelData = np.frombuffer(ds.PixelData, "<i2").astype(">i2").tobytes()
            ds.file_meta.TransferSyntaxUID = "1.2.840.113619.5.2"
            pydicom.dcmwrite(file, ds, implicit_vr=True, little_endian=True, force_encoding=True)
        assert case.read() == expected

    def test_native_pixels_in_a_fragment(self, case):
        expected = case.read()
        for file in slices(case):
            content = file.read_bytes()
            at = content.index(b"\xe0\x7f\x10\0OW")
            pixels = content[at + 12 :]
            file.write_bytes(
                content[:at]
                + b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff"
                + encapsulate([pixels], has_bot=False)
                + b"\xfe\xff\xdd\xe0\0\0\0\0"
            )
        assert case.read() == expected

    def test_explicit_files_that_say_implicit(self, case):
        expected = case.read()
        old, new = ExplicitVRLittleEndian.encode() + b"\0", ImplicitVRLittleEndian.encode()
        for file in everything(case):
            content = file.read_bytes()
            assert content.count(old) == 1
            file.write_bytes(content.replace(old, new.ljust(len(old), b"\0")))
        assert case.read() == expected

    def test_structures_in_big_endian(self, case):
        expected = case.read()
        ds = pydicom.dcmread(case.file)
        ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        pydicom.dcmwrite(case.file, ds, little_endian=False, implicit_vr=False, force_encoding=True)
        assert pydicom.dcmread(case.file).file_meta.TransferSyntaxUID == ExplicitVRBigEndian
        assert case.read() == expected

    def test_compressed_pixels_called_native(self, case):
        for file in slices(case):
            rewrite(file, RLELossless)
            content = file.read_bytes()
            named = content.replace(RLELossless.encode(), ExplicitVRLittleEndian.encode())
            assert named != content
            file.write_bytes(named)
        with pytest.raises(DataError, match="is not read") as refused:
            case.read()
        assert "damaged" not in str(refused.value)

    @pytest.mark.parametrize("which", ["slices", "structures"])
    def test_a_syntax_of_someones_own(self, case, which):
        old = ExplicitVRLittleEndian.encode() + b"\0"
        for file in slices(case) if which == "slices" else [case.file]:
            content = file.read_bytes()
            file.write_bytes(content.replace(old, b"1.2.826.0.1.1.1.1".ljust(len(old), b"\0")))
        with pytest.raises(DataError, match=r"transfer syntax 1.2.826.0.1.1.1.1 is not read") as no:
            case.read()
        assert "damaged" not in str(no.value)

    @pytest.mark.parametrize("syntax", [b"1.2.840.113619.5.2\0", b"1.2.826.0.1.1.1.1\0\0"])
    def test_copies_of_what_is_not_read_are_not_called_damaged(self, case, syntax, tmp_path):
        file = slices(case)[0]
        old = ExplicitVRLittleEndian.encode() + b"\0"
        content = file.read_bytes()
        length = struct.pack("<H", len(old))
        at = content.index(old)
        assert content[at - 2 : at] == length
        content = content[: at - 2] + struct.pack("<H", len(syntax)) + syntax + content[at + 20 :]
        file.write_bytes(content)
        options = DeidentifyOptions(Pseudonyms(b"k" * 16), lambda names: {})
        outcome = deidentify_file(file, tmp_path / "copies", options)
        assert "transfer syntax" in outcome.left_out
        assert not outcome.damage


NAMES = {
    "CP1252": "Röntgen 5".encode("cp1252"),
    "CP936": "肺部扫描".encode("cp936"),
    "CP932": "肺の画像".encode("cp932"),
}


class TestNamesInAnyEncoding:
    """Names from ZIP archives made on Windows are no UTF-8."""

    @pytest.mark.parametrize(
        ("encoding", "what"),
        [
            *(("CP1252", what) for what in ("slice", "text beside", "folder", "case folder")),
            *(("CP936", "slice"), ("CP932", "case folder")),
        ],
    )
    def test_prepare_and_deidentify(self, case, tmp_path, encoding, what):
        n_files = len(everything(case))
        name = NAMES[encoding]
        with pytest.raises(UnicodeDecodeError):
            name.decode()
        root = os.fsencode(case.root)
        first = os.fsencode(slices(case)[0])
        if what == "slice":
            os.rename(first, os.path.join(os.path.dirname(first), name))
        elif what == "text beside":
            Path(os.fsdecode(os.path.join(os.path.dirname(first), name + b".txt"))).write_bytes(
                name
            )
        elif what == "folder":
            os.rename(os.path.dirname(first), os.path.join(root, b"P1", name))
        else:
            os.rename(os.path.join(root, b"P1"), os.path.join(root, name))
        cli = Cli(tmp_path)
        done = cli("prepare", "data=tcia", f"data.root={case.root}", "data.on_finding=warn")
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert re.search(r"\b1 case", done.stdout)
        copied = cli("deidentify", f"input={case.root}", "output=copies")
        assert copied.returncode == 0, copied.stderr
        assert len(list((tmp_path / "copies").rglob("*.dcm"))) == n_files


UIDS = {
    "leading zero": ("StudyInstanceUID", b"1.2.826.0.1.3680043.8.971.00.3788134460220423"),
    "hash": ("SeriesInstanceUID", b"3788134460220423ab1f9e0cc5d5a7b1"),
    "letters": ("FrameOfReferenceUID", b"1.2.ABC.3788134460220423"),
    "too long": ("StudyInstanceUID", b"1.2.3788134460220423." + b"9" * 80),
    "other letters": ("StudyInstanceUID", b"1.2.3788134460220423.\xe9\xfc"),
}


@pytest.mark.parametrize("kind", UIDS)
def test_malformed_uids_are_in_no_log(kind, case, tmp_path):
    """They are compared like any other, and quoted nowhere."""
    expected = case.read()
    keyword, value = UIDS[kind]
    old = str(pydicom.dcmread(slices(case)[0])[keyword].value)

    def replace(ds):
        for element in ds:
            if element.VR == "SQ":
                for one in element.value:
                    replace(one)
            elif element.VR == "UI" and element.value == old:
                set_raw(ds, element.keyword, value)

    for file in everything(case):
        ds = pydicom.dcmread(file)
        replace(ds)
        save(ds, file)
        assert b"3788134460220423" in file.read_bytes()
    made = case.read()
    assert made.content == expected.content
    assert made.findings == expected.findings
    cli = Cli(tmp_path)
    prepared = cli("prepare", "data=tcia", f"data.root={case.root}")
    copied = cli("deidentify", f"input={case.root}", "output=copies")
    for done in (prepared, copied):
        assert done.returncode == 0, done.stderr
        assert "3788134460220423" not in done.stdout + done.stderr
    files = [
        path
        for top in ("outputs", "copies")
        for path in (tmp_path / top).rglob("*")
        if path.is_file()
    ]
    assert any(path.suffix == ".log" for path in files)
    assert not [path for path in files if b"3788134460220423" in path.read_bytes()]
