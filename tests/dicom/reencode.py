"""Data sets rewritten in any encoding that DICOM allows, with other things before and after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


@dataclass(frozen=True)
class Encoding:
    """How a file is written.

    Attributes:
        syntax: Transfer syntax.
        undefined: Seed of which sequences and items have no length; None: all have one.
        junk: By name of a place, how many bytes are put there.
    """

    syntax: UID
    undefined: int | None
    junk: dict[str, int]


def items(n_bytes: int, depth: int = 3) -> list[Dataset]:
    """A nested sequence of about so many bytes."""
    made = []
    left = n_bytes
    while left > 0:
        item = Dataset()
        size = min(left, 60_000)
        item.CodeMeaning = "x" * (size if size < 60 else 60)
        item.TextValue = "y" * size
        if depth:
            item.ConceptNameCodeSequence = items(min(size, 40), depth - 1)
        made.append(item)
        left -= size
    return made


def private(dataset: Dataset, n_bytes: int) -> None:
    block = dataset.private_block(0x0009, "LUNGSEG TESTS", create=True)
    block.add_new(0x01, "SQ", items(n_bytes))
    block.add_new(0x02, "UN", b"z" * (n_bytes // 2 * 2))
    block.add_new(0x03, "OB", b"\xfe\xff\x00\xe0" * (n_bytes // 4))


def references(dataset: Dataset, n_bytes: int) -> None:
    made = []
    for k in range(max(1, n_bytes // 100)):
        item = Dataset()
        item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        item.ReferencedSOPInstanceUID = f"1.2.826.0.1.3680043.8.498.{k}"
        made.append(item)
    dataset.ReferencedImageSequence = made


def icon(dataset: Dataset, n_bytes: int) -> None:
    item = Dataset()
    item.Rows = item.Columns = side = max(2, int(np.sqrt(n_bytes)) // 2 * 2)
    item.SamplesPerPixel, item.PhotometricInterpretation = 1, "MONOCHROME2"
    item.BitsAllocated, item.BitsStored, item.HighBit, item.PixelRepresentation = 8, 8, 7, 0
    item.PixelData = b"\0" * side * side
    item["PixelData"].VR = "OB"
    dataset.IconImageSequence = [item]


def behind(dataset: Dataset, n_bytes: int) -> None:
    dataset.DataSetTrailingPadding = b"\0" * (n_bytes // 2 * 2)


# References, private attributes and icons come before what is needed, padding after it.
PLACES = {"private": private, "references": references, "icon": icon, "behind": behind}


def reencode(source: Path, target: Path, encoding: Encoding) -> None:
    """Write a file anew.

    Args:
        source: In a little-endian syntax without compression.
        target: Where to.
        encoding: How.
    """
    dataset = pydicom.dcmread(source)
    for element in dataset.iterall():
        element.value  # noqa: B018  # decoded now: raw bytes would be written as they are
    for place, n_bytes in encoding.junk.items():
        PLACES[place](dataset, n_bytes)
    if encoding.undefined is not None:
        _undefine(dataset, np.random.default_rng(encoding.undefined))
    if encoding.syntax == ExplicitVRBigEndian and "PixelData" in dataset:
        _swap(dataset)
    dataset.file_meta.TransferSyntaxUID = encoding.syntax
    pydicom.dcmwrite(
        target,
        dataset,
        implicit_vr=encoding.syntax.is_implicit_VR,
        little_endian=encoding.syntax.is_little_endian,
        force_encoding=True,
    )


def _undefine(dataset: Dataset, chance: np.random.Generator) -> None:
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = bool(chance.integers(2))
            for item in element.value:
                item.is_undefined_length_sequence_item = bool(chance.integers(2))
                _undefine(item, chance)


def _swap(dataset: Dataset) -> None:
    """Words of 16 bits are big-endian, whatever they hold; bytes are not touched."""
    element = dataset["PixelData"]
    if element.VR == "OW" or dataset.BitsAllocated > 8:
        element.VR = "OW"
        element.value = np.frombuffer(element.value, "<u2").astype(">u2").tobytes()
