"""Transfer syntaxes."""

import struct

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from lungseg.dicom.deidentify.dataset import DeidentifyOptions
from lungseg.dicom.deidentify.file import deidentify_file
from lungseg.dicom.deidentify.pseudonyms import Pseudonyms
from lungseg.errors import DataError
from tests.dicom.compressed import rewrite
from tests.sources.odd_files import everything, slices


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
