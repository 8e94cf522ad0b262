"""Every transfer syntax gives back the same voxels; decompression bombs and missing decoders are reported."""

import zlib

import numpy as np
import pydicom
import pytest
from pydicom.pixels.decoders.base import Decoder
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGLosslessSV1

from lungseg.dicom import limits, pixels, window
from lungseg.dicom.series import read_series
from lungseg.dicom.tree import scan
from lungseg.errors import DataError
from tests.dicom.compressed import SYNTAXES, rewrite
from tests.dicom.test_findings import change, write_chest


@pytest.fixture
def chest(tmp_path):
    volume = write_chest(tmp_path / "chest", positions=[(0, 0, 2 * z) for z in range(4)])
    return sorted((tmp_path / "chest").iterdir()), volume


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.name)
def test_round_trip(syntax, chest):
    files, volume = chest
    for file in files:
        rewrite(file, syntax)
    assert pydicom.dcmread(files[0]).file_meta.TransferSyntaxUID == syntax
    np.testing.assert_array_equal(read_series(files).volume.voxels, volume)
    assert [found.kind for found in scan(files[0].parent)] == ["ct"] * 4


def test_a_missing_decoder_is_not_damage(chest, monkeypatch):
    files, _ = chest
    for file in files:
        rewrite(file, JPEGLosslessSV1)
    monkeypatch.setattr(Decoder, "available_plugins", property(lambda self: ()))
    with pytest.raises(
        DataError, match="needs a decoder for JPEG Lossless.*pip install python-gdcm"
    ):
        read_series(files)


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEG2000Lossless], ids=lambda uid: uid.name)
def test_an_image_larger_than_its_header_is_not_decoded(syntax, chest, monkeypatch):
    files, _ = chest
    for file in files:
        rewrite(file, syntax)
        change(file, Rows=8)
    monkeypatch.setattr(pixels, "decode", lambda *_, **__: pytest.fail("decoded"))
    with pytest.raises(DataError, match="differs in size from the header"):
        read_series(files)


def test_a_deflated_bomb_is_refused(chest, monkeypatch):
    files, _ = chest
    rewrite(files[0], DeflatedExplicitVRLittleEndian)
    content = files[0].read_bytes()
    head = content.index(b"1.2.840.10008.1.2.1.99")
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = engine.compress(bytes(8 << 20)) + engine.flush()
    assert len(bomb) < 20_000
    ds_start = 132 + 12 + pydicom.dcmread(files[0]).file_meta.FileMetaInformationGroupLength
    assert head < ds_start
    files[0].write_bytes(content[:ds_start] + bomb)
    monkeypatch.setattr(window, "MAX_INFLATED_BYTES", 1 << 20)
    with pytest.raises(DataError, match="inflates to more than 1 MiB"):
        read_series(files)


def test_a_file_above_the_limit_is_not_read(chest):
    files, _ = chest
    with files[0].open("r+b") as stream:
        stream.truncate(limits.MAX_FILE_BYTES + 1)  # sparse: takes no space
    with pytest.raises(DataError, match="at most 2 GiB are read"):
        read_series(files)


def test_reading_a_pipe_does_not_block(chest):
    import os

    files, _ = chest
    files[1].unlink()
    os.mkfifo(files[1])
    with pytest.raises(DataError, match="not a regular file"):
        read_series(files)
    assert len(scan(files[0].parent)) == 3


@pytest.mark.parametrize("encode", [False, True], ids=["native", "RLE"])
def test_enhanced_ct(encode, chest, tmp_path):
    from pydicom.dataset import Dataset
    from pydicom.uid import EnhancedCTImageStorage, RLELossless

    files, volume = chest
    ds = pydicom.dcmread(files[0])
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    order = [2, 0, 3, 1]

    def item(**values):
        one = Dataset()
        for keyword, value in values.items():
            setattr(one, keyword, value)
        return one

    ds.NumberOfFrames = 4
    ds.SharedFunctionalGroupsSequence = [
        item(
            PlaneOrientationSequence=[item(ImageOrientationPatient=ds.ImageOrientationPatient)],
            PixelMeasuresSequence=[item(PixelSpacing=ds.PixelSpacing)],
        )
    ]
    ds.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, 2 * k])],
            PixelValueTransformationSequence=[
                item(RescaleSlope=1, RescaleIntercept=0, RescaleType="HU")
            ],
        )
        for k in order
    ]
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        del ds[keyword]
    del ds["RescaleSlope"], ds["RescaleIntercept"]
    ds.PixelData = volume[order].tobytes()
    if encode:
        ds.compress(RLELossless, generate_instance_uid=False)
    file = tmp_path / "enhanced"
    ds.save_as(file)
    classic, enhanced = read_series(files), read_series([file])
    np.testing.assert_array_equal(enhanced.volume.voxels, volume)
    np.testing.assert_allclose(enhanced.volume.affine, classic.volume.affine)
    assert "no-rescale" not in {finding.code for finding in enhanced.findings}
    assert [(f.kind, f.n_frames) for f in scan(tmp_path) if f.path == file] == [("ct", 4)]
