"""Odd files as found in archives: each kind with further inputs."""

import struct

import pydicom
from pydicom.uid import (
    generate_uid,
)

from tests.conftest import Cli
from tests.dicom.deidentify.test_file import undefined
from tests.sources.encoded_case import write_case
from tests.sources.odd_files import FAR, beside, edited, item, slices


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
        assert "a value ends beyond the file" in line or "bytes end within" in line
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
