"""Limits of RTSTRUCT and DICOM-SEG files, and the decoding of their frames."""

import os
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from lungseg.dicom import limits, window
from lungseg.dicom.deidentify.dataset import DeidentifyOptions
from lungseg.dicom.deidentify.file import deidentify_file
from lungseg.dicom.deidentify.pseudonyms import Pseudonyms
from lungseg.dicom.rtstruct import read_structures
from lungseg.dicom.seg import read_segments
from lungseg.dicom.series import read_series
from lungseg.errors import DataError
from tests.dicom.compressed import rewrite
from tests.dicom.shapes import circle
from tests.dicom.write_rtstruct import write_rtstruct
from tests.dicom.write_seg import write_seg


@pytest.fixture
def structures(tmp_path):
    write_rtstruct(tmp_path / "rs", {"Lung": [circle(0, 0, 0, 5)]}, "1.2.3", "1.2.4")
    return tmp_path / "rs"


@pytest.fixture
def segmentation(phantom_root, tmp_path):
    """A label map of one byte a pixel, which compresses as CT does; and its mask."""
    images = sorted((phantom_root / "Images" / "Case_000").iterdir())
    volume = read_series(images).volume
    mask = np.zeros(volume.voxels.shape, np.uint8)
    mask[2:6, 3:9, 5:8] = 1
    write_seg(tmp_path / "seg", {"Lung": mask}, volume.affine, images, kind="LABELMAP")
    return tmp_path / "seg", mask


def pseudonymized(file):
    options = DeidentifyOptions(Pseudonyms(b"k" * 16), lambda names: {})
    return deidentify_file(file, file.parent / "out", options).left_out


def refusal(file):
    with pytest.raises(DataError) as one:
        read_structures(file)
    with pytest.raises(DataError) as other:
        read_segments(file)
    assert str(one.value) == str(other.value)
    return str(one.value)


def test_a_deflated_bomb_is_refused(structures, monkeypatch):
    rewrite(structures, DeflatedExplicitVRLittleEndian)
    assert read_structures(structures).series == {"1.2.3"}
    assert pseudonymized(structures) is None
    content = structures.read_bytes()
    meta = pydicom.dcmread(structures).file_meta.FileMetaInformationGroupLength
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    structures.write_bytes(content[: 144 + meta] + engine.compress(bytes(8 << 20)) + engine.flush())
    monkeypatch.setattr(window, "MAX_INFLATED_BYTES", 1 << 20)
    assert refusal(structures) == "the dataset inflates to more than 1 MiB"
    assert pseudonymized(structures) == "the dataset inflates to more than 1 MiB"


def test_a_file_above_the_limit_is_not_read(structures):
    with structures.open("r+b") as stream:
        stream.truncate(limits.MAX_FILE_BYTES + 1)  # sparse: takes no space
    assert "at most 2 GiB are read" in refusal(structures)
    assert "at most 2 GiB are read" in pseudonymized(structures)


def test_reading_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "not a regular file"


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless], ids=lambda uid: uid.name)
def test_compressed_segments_are_decoded_apart(syntax, segmentation, monkeypatch):
    file, mask = segmentation
    rewrite(file, syntax)
    assert pydicom.dcmread(file).file_meta.TransferSyntaxUID == syntax
    monkeypatch.setattr(
        "pydicom.pixels.decoders.base.DecodeRunner._decode_frame",
        lambda *_: pytest.fail("decoded in this process"),
    )
    (segment,) = read_segments(file).segments
    assert segment.mask.sum() == mask.sum()


def test_damaged_compressed_segments_are_refused(segmentation):
    file, _ = segmentation
    rewrite(file, JPEGLSLossless)
    content = file.read_bytes()
    start = content.index(b"\xff\xd8\xff\xf7") + 20  # in the first frame's header
    file.write_bytes(content[:start] + b"\xff" * 8 + content[start + 8 :])
    with pytest.raises(DataError, match="damaged"):
        read_segments(file).segments[0].mask  # noqa: B018
