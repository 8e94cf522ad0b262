"""A CT series read as one volume, ordered by the positions of its slices in the patient."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.checks import check_alike, check_slices, check_values
from lungseg.dicom.classes import READ
from lungseg.dicom.damage import IncompleteError, reporting_damage
from lungseg.dicom.header import identifiers, kept
from lungseg.dicom.hu import Seen, to_hu
from lungseg.dicom.layout import frame_count
from lungseg.dicom.limits import check_size
from lungseg.dicom.oddities import check_headers
from lungseg.dicom.order import stack
from lungseg.dicom.parse import Parsed, parse, read_bytes
from lungseg.dicom.pixels import frames
from lungseg.dicom.slices import SliceHeader, padding_range, slice_headers
from lungseg.dicom.values import value_of
from lungseg.errors import DataError
from lungseg.findings import Finding
from lungseg.geometry import oriented
from lungseg.volume import Volume

# Hashing, inflating and arithmetic release the GIL; more threads than this only wait.
THREADS = 4


@dataclass(frozen=True)
class CtSeries:
    """One CT series.

    Attributes:
        volume: The slices as one volume, index 0 nearest the feet.
        header: ``sex``, ``scanner``, ``synthetic``, as far as known.
        findings: On the series as a whole.
        sha256: Hash over the contents of all files, independent of their names and order.
        series: SeriesInstanceUID; only compared, never shown or written.
        frame_of_reference: FrameOfReferenceUID; likewise.
        stored_affine: ``[4, 4]``, maps ``(slice, row, column, 1)`` as stored, slices along the
            normal of the image plane, to ``(x, y, z, 1)`` in mm (LPS).
        instances: File and number of the frame (from 1) of each slice, in that order.
    """

    volume: Volume
    header: dict[str, str | bool]
    findings: list[Finding] = field(default_factory=list)
    sha256: str = ""
    series: str = ""
    frame_of_reference: str = ""
    stored_affine: NDArray[np.float64] | None = None
    instances: tuple[tuple[Path, int], ...] = ()


@dataclass(frozen=True)
class _File:
    """What is kept from a file after its pixels were written to the volume."""

    digest: bytes
    headers: list[SliceHeader]
    seen: list[Seen]
    series: str
    patient: str
    frame_of_reference: str
    header: dict[str, str | bool]
    identifiers: set[str]


def read_series(files: Sequence[Path]) -> CtSeries:
    """Read the files of one CT series, classic or multi-frame.

    Slices are ordered by ImagePositionPatient along the normal of the image plane, never by file
    name or InstanceNumber. Nothing is resampled.

    Args:
        files: All files of the series, and no others.

    Raises:
        DataError: If a file is damaged, too large or of another kind, or the slices do not form a
            volume.
    """
    if not files:
        raise DataError("no DICOM file")
    folder = files[0].parent
    counts, rows, columns = _sizes(files)
    try:
        check_size(sum(counts), rows, columns)
    except ValueError as error:
        raise DataError(str(error), folder) from None
    voxels = np.empty((sum(counts), rows, columns), np.int16)
    ends = np.cumsum(counts)
    targets = [voxels[end - count : end] for end, count in zip(ends, counts, strict=True)]
    workers = min(THREADS, os.cpu_count() or 1, len(files))
    with ThreadPoolExecutor(workers) as pool:
        contents = list(pool.map(_read_file, files, targets, (k == 0 for k in range(len(files)))))
    _check_one_series(contents, folder)
    headers = [header for file in contents for header in file.headers]
    try:
        check_alike(headers)
        stacked = stack(headers, lambda a, b: np.array_equal(voxels[a], voxels[b]))
        _bring_to_order(voxels, stacked.order)
        moved, affine, geometry = oriented(voxels[: len(stacked.order)], stacked.affine)
    except ValueError as error:
        raise DataError(str(error), folder) from None
    ordered = [headers[k] for k in stacked.order]
    instances = [
        (file, k + 1) for file, count in zip(files, counts, strict=True) for k in range(count)
    ]
    return CtSeries(
        volume=Volume(np.ascontiguousarray(moved), affine),
        header=_header(contents),
        findings=[
            *stacked.findings,
            *geometry,
            *check_slices(ordered),
            *check_headers(ordered),
            *check_values([seen for file in contents for seen in file.seen]),
            *_frames_of_reference(contents),
            *_identifying(contents),
        ],
        sha256=hashlib.sha256(b"".join(sorted(file.digest for file in contents))).hexdigest(),
        series=contents[0].series,
        frame_of_reference=contents[0].frame_of_reference,
        stored_affine=stacked.affine,
        instances=tuple(instances[k] for k in stacked.order),
    )


def _sizes(files: Sequence[Path]) -> tuple[list[int], int, int]:
    """Frames per file, rows and columns; of classic CT, only the first file is read."""
    counts: list[int] = []
    for file in files:
        with reporting_damage(file, "a DICOM file"):
            parsed = parse(read_bytes(file))
            _check_kind(parsed)
            if not counts:
                rows, columns = (
                    int(value_of(parsed.dataset, "Rows")),
                    int(value_of(parsed.dataset, "Columns")),
                )
            counts.append(frame_count(parsed.dataset))
            check_size(counts[-1], rows, columns)
            if counts == [1]:
                # Classic CT: one slice per file, which is checked when the others are read.
                return [1] * len(files), rows, columns
    return counts, rows, columns


def _read_file(path: Path, out: NDArray[np.int16], first: bool) -> _File:
    with reporting_damage(path, "a DICOM file"):
        content = read_bytes(path)
        parsed = parse(content)
        _check_kind(parsed)
        ds = parsed.dataset
        size = (
            frame_count(parsed.dataset),
            int(value_of(ds, "Rows")),
            int(value_of(ds, "Columns")),
        )
        check_size(*size)
        headers = slice_headers(parsed)
        if size != out.shape:
            raise DataError(f"slices differ in image size: {[*out.shape[1:]]} and {[*size[1:]]}")
        padding = padding_range(ds)
        seen = [
            to_hu(stored, header.slope, header.intercept, padding, target)
            for stored, header, target in zip(frames(parsed), headers, out, strict=True)
        ]
        return _File(
            digest=hashlib.sha256(content).digest(),
            headers=headers,
            seen=seen,
            series=str(value_of(ds, "SeriesInstanceUID") or ""),
            patient=str(value_of(ds, "PatientID") or "").strip(),
            frame_of_reference=str(value_of(ds, "FrameOfReferenceUID") or ""),
            header=kept(ds),
            identifiers=identifiers(ds, nested=first),
        )


def _check_kind(parsed: Parsed) -> None:
    modality = str(value_of(parsed.dataset, "Modality") or "").strip()
    sop_class = str(value_of(parsed.dataset, "SOPClassUID") or "")
    other_class = sop_class and READ.get(sop_class) != "ct"
    if modality != "CT" and (modality or other_class):
        shown = f" but {modality}" if re.fullmatch("[A-Z]{2,10}", modality) else ""
        raise DataError(f"a file is not a CT image{shown}")
    missing = [keyword for keyword in ("Rows", "Columns") if not value_of(parsed.dataset, keyword)]
    if parsed.start is None:
        missing.append("PixelData")
    if missing:
        raise IncompleteError(", ".join(missing))


def _check_one_series(contents: list[_File], folder: Path) -> None:
    counts = sorted(Counter(file.series for file in contents).values(), reverse=True)
    if len(counts) > 1:
        sizes = " + ".join(str(count) for count in counts)
        raise DataError(f"{len(counts)} series in one folder ({sizes} files): keep one", folder)
    patients = {file.patient for file in contents} - {""}
    if len(patients) > 1:
        raise DataError(f"files of {len(patients)} patients in one series", folder)


def _bring_to_order(voxels: NDArray[np.int16], order: list[int]) -> None:
    """Move slice ``order[k]`` to index k in place: a second volume might not fit in memory."""
    rest = sorted(set(range(len(voxels))) - set(order))
    source = [*order, *rest]
    done = [False] * len(source)
    for start in range(len(source)):
        if done[start] or source[start] == start:
            continue
        saved = voxels[start].copy()
        at = start
        while source[at] != start:
            voxels[at] = voxels[source[at]]
            done[at] = True
            at = source[at]
        voxels[at] = saved
        done[at] = True


def _header(contents: list[_File]) -> dict[str, str | bool]:
    # The choice depends on the content, not on the names of files.
    header = min(
        (file.header for file in contents), key=lambda header: sorted(header.items())
    ).copy()
    header["synthetic"] = any(file.header["synthetic"] for file in contents)
    return header


def _frames_of_reference(contents: list[_File]) -> list[Finding]:
    count = len({file.frame_of_reference for file in contents})
    if count == 1:
        return []
    text = f"slices have {count} frames of reference; treated as one"
    return [Finding("frame-of-reference", "warning", text)]


def _identifying(contents: list[_File]) -> list[Finding]:
    keywords = sorted(set().union(*(file.identifiers for file in contents)))
    if not keywords:
        return []
    text = f"the files contain {', '.join(keywords)}; only DICOM masks of predict take them over"
    return [Finding("identifiers", "warning", text)]
