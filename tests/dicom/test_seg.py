"""Segments are placed by their affine, or refused."""

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lungseg.dicom.seg import Segment, place, read_segments
from lungseg.dicom.series import read_series
from lungseg.dicom.tree import dicom_files
from lungseg.errors import DataError
from lungseg.phantom import make_case
from lungseg.volume import to_lps
from tests.conftest import SMALL
from tests.dicom.shapes import empty_volume
from tests.dicom.write_seg import write_seg


@pytest.fixture
def lungs(phantom_root):
    """Image files of a synthetic case, its volume, and left and right lung."""
    folder = phantom_root / "Images" / "Case_000"
    mask = np.array(make_case(0, size=SMALL["size"], n_slices=SMALL["n_slices"]).mask)
    middle = mask.shape[2] // 2
    right, left = mask.copy(), mask.copy()
    right[:, :, middle:], left[:, :, :middle] = 0, 0
    return sorted(folder.iterdir()), read_series(dicom_files(folder)).volume, left, right


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP", "FRACTIONAL"])
def test_written_by_highdicom(lungs, tmp_path, kind):
    images, volume, left, right = lungs
    assert not left[0].any()  # so the file's slab is smaller than the volume
    masks = {"Left lung": left, "Right lung": right}
    stored = {
        name: np.where(mask > 0, 0.7, 0.2 * left + 0.2 * right) if kind == "FRACTIONAL" else mask
        for name, mask in masks.items()
    }
    write_seg(tmp_path / "seg.dcm", stored, volume.affine, images, kind=kind)
    segments = read_segments(tmp_path / "seg.dcm")
    assert [segment.label for segment in segments.segments] == list(masks)
    for segment, mask in zip(segments.segments, masks.values(), strict=True):
        assert segment.mask.shape != mask.shape
        np.testing.assert_array_equal(place(segment, volume), mask)
    image = pydicom.dcmread(images[0])
    assert segments.series == {image.SeriesInstanceUID}
    assert segments.frame_of_reference == image.FrameOfReferenceUID
    assert [finding.code for finding in segments.findings] == ["fractional"] * (
        kind == "FRACTIONAL"
    )


def test_a_side_that_only_the_code_tells(lungs, tmp_path):
    images, volume, left, _ = lungs
    file = tmp_path / "seg.dcm"
    dataset = write_seg(file, {"Lung": left}, volume.affine, images)
    side = pydicom.Dataset()
    side.CodeValue, side.CodingSchemeDesignator, side.CodeMeaning = "7771000", "SCT", "Left"
    kind = dataset.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0]
    kind.SegmentedPropertyTypeModifierCodeSequence = [side]
    dataset.save_as(file)
    assert [segment.label for segment in read_segments(file).segments] == ["Lung Left"]


def test_a_single_slice_without_a_spacing(lungs, tmp_path):
    images, volume, left, _ = lungs
    one = np.zeros_like(left)
    one[5] = left[5]
    file = tmp_path / "seg.dcm"
    dataset = write_seg(file, {"Left lung": one}, volume.affine, images)
    del dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices
    dataset.save_as(file)
    (segment,) = read_segments(file).segments
    np.testing.assert_array_equal(place(segment, volume), one)


def test_more_pixels_than_the_size_asks_for(lungs, tmp_path):
    images, volume, left, _ = lungs
    file = tmp_path / "seg.dcm"
    dataset = write_seg(file, {"Left lung": left}, volume.affine, images)
    assert read_segments(file).findings == []
    dataset.PixelData += bytes(2)
    dataset.save_as(file)
    segments = read_segments(file)
    np.testing.assert_array_equal(place(segments.segments[0], volume), left)
    assert [finding.code for finding in segments.findings] == ["pixel-surplus"]


def segment_of(mask, affine):
    class Given(Segment):
        @property
        def mask(self):
            return mask

    return Given("lung", affine, 1, None, None)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 100),
    axes=st.permutations([0, 1, 2]),
    flips=st.tuples(*[st.booleans()] * 3),
    corner=st.tuples(*[st.integers(0, 3)] * 3),
    cut=st.tuples(*[st.integers(0, 3)] * 3),
)
def test_any_part_of_a_volume_in_any_axis_order(seed, axes, flips, corner, cut):
    volume = empty_volume((8, 9, 10), spacing=(2.5, 0.8, 0.7), origin=(-100.3, 20.1, 7))
    box = tuple(
        slice(a, size - b) for a, b, size in zip(corner, cut, volume.voxels.shape, strict=True)
    )
    mask = np.zeros(volume.voxels.shape, np.uint8)
    mask[box] = np.random.default_rng(seed).integers(0, 2, mask[box].shape)
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ corner
    part = mask[box]
    for axis, flip in enumerate(flips):
        if flip:
            affine[:3, 3] += affine[:3, axis] * (part.shape[axis] - 1)
            affine[:3, axis] *= -1
            part = np.flip(part, axis)
    affine = affine[:, [*axes, 3]]
    part = part.transpose(axes)
    np.testing.assert_array_equal(to_lps(part, affine)[0], mask[box])  # the part was made rightly
    np.testing.assert_array_equal(place(segment_of(part, affine), volume), mask)


def test_empty_margins_outside_the_volume_do_not_matter():
    volume = empty_volume((4, 5, 6))
    mask = np.zeros((8, 9, 10), np.uint8)
    mask[3, 4, 5] = 1
    affine = volume.affine.copy()
    affine[:3, 3] -= 3
    placed = place(segment_of(mask, affine), volume)
    assert np.argwhere(placed).tolist() == [[0, 1, 2]]
    mask[2, 4, 5] = 1
    with pytest.raises(DataError, match="outside the image"):
        place(segment_of(mask, affine), volume)
    affine[:3, 3] -= 1000
    with pytest.raises(DataError, match="outside the image"):
        place(segment_of(mask, affine), volume)


@pytest.mark.parametrize(
    "change",
    [
        lambda affine: affine @ np.diag([1.02, 1, 1, 1]),  # adds up to 0.14 slices
        lambda affine: affine @ np.diag([2, 1, 1, 1]),
        lambda affine: affine + np.outer([0.4, 0, 0, 0], [0, 0, 0, 1]),
        lambda affine: (
            np.array([[1, 0.1, 0, 0], [-0.1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]) @ affine
        ),
    ],
    ids=["spacing", "double", "offset", "oblique"],
)
def test_other_grids_are_refused(change):
    volume = empty_volume((8, 9, 10))
    mask = np.ones((8, 9, 10), np.uint8)
    place(segment_of(mask, volume.affine), volume)
    with pytest.raises(DataError, match="the segmentation: .*(grid is not the image's|oblique)"):
        place(segment_of(mask, change(volume.affine)), volume)


def test_damaged_files_are_refused(lungs, tmp_path):
    images, volume, left, _ = lungs
    file = tmp_path / "seg.dcm"
    dataset = write_seg(file, {"Left lung": left}, volume.affine, images)
    content = file.read_bytes()
    for length in range(0, len(content) - 8, 331):
        file.write_bytes(content[:length])
        with pytest.raises(DataError, match="^[^\n]*$"):
            place(read_segments(file).segments[0], volume)
    frames = dataset.PerFrameFunctionalGroupsSequence
    frames[0].PlanePositionSequence[0].ImagePositionPatient = [0, 0, 1e9]
    dataset.save_as(file)
    with pytest.raises(DataError, match="even|apart"):
        read_segments(file)
    with pytest.raises(DataError, match="not a DICOM-SEG"):
        read_segments(images[0])


def test_a_frame_of_an_unknown_segment_is_refused(phantom_root, tmp_path):
    images = dicom_files(phantom_root / "Images" / "Case_000")
    volume = read_series(images).volume
    mask = np.zeros(volume.voxels.shape, np.uint8)
    mask[3:6, 4:9, 5:8] = 1
    write_seg(tmp_path / "s", {"Lung": mask, "Heart": mask}, volume.affine, images)
    ds = pydicom.dcmread(tmp_path / "s")
    frame = ds.PerFrameFunctionalGroupsSequence[1]
    frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber = 3
    ds.save_as(tmp_path / "s")
    with pytest.raises(
        DataError, match="a frame refers to a segment that the file does not describe"
    ):
        read_segments(tmp_path / "s")
