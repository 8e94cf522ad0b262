"""Data sets whose values break the options of their VR in every way; their content is known."""

import io
import struct

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element, write_file_meta_info
from pydicom.tag import BaseTag

from lungseg.dicom.walk import LONG
from tests.dicom.deidentify.canaries import MARK, Canaries

WAYS = ("long", "letters", "numbers")
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
# What reading needs, or what a case is put together by; these are spoiled one by one.
KEPT = ("SOPInstanceUID", "SOPClassUID", "Modality", *UIDS)
BINARY = ("AT", "FD", "FL", "OB", "OW", "SL", "SS", "UL", "UN", "US")


def malformed(vr, n, way):
    """Bytes that no value of the VR may have, with a text or number that is met nowhere else."""
    text = f"{MARK}{n:05d}Z".encode()
    if way == "long":
        return {
            "DS": f"-7319.{n:05d}".encode() + b"0" * 40,
            "UI": f"1.2.826.0.7319.{n}.".encode() + b"1" * 80,
        }.get(vr, text * 120)
    if way == "letters":
        return text + b"\x07\xfc\xe4\r\n\x1b[31m" + text[:8]
    return {
        "DS": f"-7319,{n:05d}".encode(),
        "UI": f"1.2.826.0.7319.00.{n}x".encode(),
        "CS": text.lower(),
        **dict.fromkeys(("LO", "SH", "UC"), text + b"\\" + text + b"\\"),
        "PN": text + b"=^=" + text + b"^^^^^^^",
        # An odd number of bytes fits no binary number.
    }.get(vr, text)


def set_raw(dataset, keyword, value):
    """Put bytes into a data set that pydicom would not take as a value."""
    tag = BaseTag(pydicom.datadict.tag_for_keyword(keyword))
    vr = pydicom.datadict.dictionary_VR(tag).split(" or ")[0]
    dataset._dict[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)


def spoil(dataset, n, way):
    """Replace each value at any depth; the number of the next one."""
    for tag in list(dataset.keys()):
        element = dataset[tag]
        if element.VR == "SQ":
            for item in element.value:
                n = spoil(item, n, way)
            continue
        value = malformed(element.VR, n, way)
        dataset._dict[tag] = RawDataElement(
            element.tag, element.VR, len(value), value, 0, False, True
        )
        n += 1
    return n


def planted(n, way):
    """A malformed value in each attribute of PS3.15's table and two sequences deep.

    Args:
        n: Number of the first value.
        way: How they are malformed.
    """
    dataset = pydicom.Dataset()
    Canaries().everywhere(dataset)
    for keyword in KEPT:
        if keyword in dataset:
            delattr(dataset, keyword)
    spoil(dataset, n, way)
    return dataset


def plant(dataset, values):
    """Take values over, but for the sequences that make a file what it is."""
    for tag in list(values.keys()):
        if values.get_item(tag).VR != "SQ" or tag not in dataset:
            dataset._dict[tag] = values.get_item(tag)


def save(dataset, file):
    """Write in Explicit VR Little Endian; pydicom would convert values, and refuse them."""
    stream = io.BytesIO()
    write_file_meta_info(stream, dataset.file_meta)
    file.write_bytes(bytes(128) + b"DICM" + stream.getvalue() + encoded(dataset))


def encoded(dataset):
    """The bytes of a data set, raw values as they are."""
    return b"".join(_element(dataset.get_item(tag)) for tag in sorted(dataset.keys()))


def _element(element):
    if isinstance(element, RawDataElement):
        value = element.value or b""
        if element.VR not in BINARY and len(value) % 2:
            value += b"\0" if element.VR == "UI" else b" "
    elif element.VR == "SQ":
        items = (encoded(item) for item in element.value)
        value = b"".join(b"\xfe\xff\0\xe0" + struct.pack("<I", len(one)) + one for one in items)
    else:
        stream = DicomBytesIO()
        stream.is_little_endian, stream.is_implicit_VR = True, False
        write_data_element(stream, element, "utf-8")
        return stream.getvalue()
    vr = element.VR.encode()
    head = struct.pack("<HH2s", element.tag.group, element.tag.element, vr)
    long = vr in LONG
    return head + struct.pack("<HI" if long else "<H", *[0] * long, len(value)) + value


def rename_uids(files, way):
    """Give malformed UIDs of the same length to study, series and frame of a case's files alike."""
    head = pydicom.dcmread(files[0], stop_before_pixels=True)
    contents = {file: file.read_bytes() for file in files}
    for n, keyword in enumerate(UIDS):
        old = str(head[keyword].value)
        new = {"long": f"1.2.826.0.7319.{n}.", "letters": f"1.2.826.0.7319.{n}.\xfc\xe9"}.get(
            way, f"1.2.826.0.7319.00.{n}x"
        )
        new = new.ljust(len(old), "1").encode("latin-1")
        assert len(new) == len(old)
        contents = {file: body.replace(old.encode(), new) for file, body in contents.items()}
    for file, body in contents.items():
        file.write_bytes(body)
