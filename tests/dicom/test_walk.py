"""Elements are at the same positions as for pydicom, and invalid bytes are an error."""

import io
import os
import struct
import zlib

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from lungseg.dicom.walk import BrokenError, Walker
from lungseg.dicom.window import BytesWindow, FileWindow, InflatedWindow

TEXT = st.text("ABC 123", max_size=9)
LEAVES = st.fixed_dictionaries(
    {},
    optional={
        "PatientID": TEXT,
        "PatientName": TEXT,
        "StudyDate": st.sampled_from(["20200101", ""]),
        "InstanceNumber": st.integers(0, 9),
        "Rows": st.integers(0, 9),
        "LongCodeValue": st.text("x", max_size=70),
        "RedPaletteColorLookupTableData": st.binary(max_size=4).map(lambda b: b + b),
    },
)


@st.composite
def datasets(draw, depth=3):
    made = Dataset()
    for keyword, value in draw(LEAVES).items():
        setattr(made, keyword, value)
    if depth and draw(st.booleans()):
        items = draw(st.lists(datasets(depth=depth - 1), max_size=3))
        for item in items:
            item.is_undefined_length_sequence_item = draw(st.booleans())
        made.ConceptCodeSequence = items
        made["ConceptCodeSequence"].is_undefined_length = draw(st.booleans())
    if draw(st.booleans()):
        block = made.private_block(0x0009, "TESTS", create=True)
        block.add_new(1, "UN", draw(st.binary(max_size=9).map(lambda b: b + b)))
    return made


def written(dataset, implicit, little):
    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = implicit, little
    write_dataset(file, dataset)
    return file.getvalue()


@settings(deadline=None, max_examples=150)
@given(dataset=datasets(), implicit=st.booleans(), little=st.booleans())
def test_elements_are_where_pydicom_finds_them(dataset, implicit, little):
    little = little or implicit
    content = written(dataset, implicit, little)
    expected = pydicom.filereader.read_dataset(io.BytesIO(content), implicit, little)
    walker = Walker(BytesWindow(content), implicit=implicit, little=little)
    for deep in (False, True):
        found = list(walker.elements(0, deep=deep))
        assert [one.tag for one in found] == [int(tag) for tag in expected.keys()]  # noqa: SIM118
        for one in found:
            raw = expected.get_item(one.tag)
            if isinstance(raw.value, bytes) and one.length:
                assert content[one.at : one.next] == raw.value
        assert not found or found[-1].next == len(content)
    only = frozenset({0x00100020})
    some = [one.tag for one in walker.elements(0, only=only, until=0x00100020)]
    assert some == [tag for tag in map(int, expected.keys()) if tag >= 0x00100020]


@settings(deadline=None, max_examples=60)
@given(dataset=datasets())
def test_the_same_through_any_window(tmp_path_factory, dataset):
    content = written(dataset, False, True)
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = engine.compress(content) + engine.flush()
    file = tmp_path_factory.mktemp("w") / "f"
    file.write_bytes(content)
    handle = os.open(file, os.O_RDONLY)
    expected = list(Walker(BytesWindow(content), implicit=False, little=True).elements(0))
    try:
        for window in (
            FileWindow(handle, len(content)),
            InflatedWindow(BytesWindow(b"before" + deflated), 6),
        ):
            walker = Walker(window, implicit=False, little=True)
            assert list(walker.elements(0)) == expected
            assert all(
                window.read(one.at, one.next - one.at) == content[one.at : one.next]
                for one in expected
            )
    finally:
        os.close(handle)


def explicit(tag, vr, value, length=None):
    length = len(value) if length is None else length
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, length) + value


def sequence(items, length=0xFFFFFFFF):
    return struct.pack("<HH2sHI", 8, 0x1140, b"SQ", 0, length) + items


ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
LAST = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
GOOD = explicit(0x00100020, b"LO", b"ab")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD[:-1], "a value ends beyond the file"),
        (GOOD + GOOD[:5], "bytes end within an element"),
        (explicit(0x00100020, b"LX", b"ab"), "an unknown value representation"),
        (GOOD + LAST, "a delimiter outside sequences"),
        (sequence(ITEM + GOOD + END), "bytes end within a sequence"),
        (sequence(ITEM + GOOD), "bytes end within an item"),
        (sequence(GOOD + LAST), "something other than items in a sequence"),
        (sequence(struct.pack("<HHI", 0xFFFE, 0xE000, 99)), "an item ends beyond the file"),
        (sequence((ITEM + sequence(b"")) * 70), "sequences nested too deep"),
    ],
)
def test_what_cannot_be_elements(content, reason):
    with pytest.raises(BrokenError, match=f"^{reason}$"):
        list(Walker(BytesWindow(content), implicit=False, little=True).elements(0))


def test_lengths_within_lengths():
    """Only where one looks into sequences whose lengths are told."""
    item = struct.pack("<HHI", 0xFFFE, 0xE000, len(GOOD) - 2) + GOOD
    content = sequence(item, len(item)) + GOOD
    walker = Walker(BytesWindow(content), implicit=False, little=True)
    assert [one.tag for one in walker.elements(0)] == [0x00081140, 0x00100020]
    with pytest.raises(BrokenError, match="an element ends beyond its item"):
        list(walker.elements(0, deep=True))


@pytest.mark.parametrize("length", [0x4141, 0x4C4C, 0x6262, 0x4F4C, 0x5A])
def test_unknown_values_of_undefined_length_are_in_implicit_vr(length):
    """PS3.5 6.2.2. The length of the inner element may look like a value representation."""
    inner = struct.pack("<HHI", 0x0008, 0x0104, length) + b"x" * length
    content = struct.pack("<HH2sHI", 9, 0x1001, b"UN", 0, 0xFFFFFFFF) + ITEM + inner + END + LAST
    walker = Walker(BytesWindow(content + GOOD), implicit=False, little=True)
    assert [one.tag for one in walker.elements(0)] == [0x00091001, 0x00100020]


def test_zeros_behind_the_data_set():
    for zeros in (1, 7, 8, 300_000):
        walker = Walker(BytesWindow(GOOD + bytes(zeros)), implicit=False, little=True)
        assert [one.tag for one in walker.elements(0)] == [0x00100020]
    with pytest.raises(BrokenError):
        list(Walker(BytesWindow(GOOD + bytes(20) + b"x"), implicit=False, little=True).elements(0))
