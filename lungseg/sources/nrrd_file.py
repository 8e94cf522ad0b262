"""NRRD files, including segmentations from 3D Slicer (``.seg.nrrd``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import DataError
from lungseg.findings import Finding
from lungseg.sources.image_file import ImageFile, check_size
from lungseg.sources.labels import whole_labels

# Signs of (x, y) that convert a space to LPS; z points to the head in all.
SPACES = {
    "left-posterior-superior": (1, 1),
    "lps": (1, 1),
    "right-anterior-superior": (-1, -1),
    "ras": (-1, -1),
    "left-anterior-superior": (1, -1),
    "las": (1, -1),
}


def read_nrrd(path: Path) -> ImageFile:
    """Read a NRRD file with attached data.

    Raises:
        DataError: If its data are in another file, it has a time axis, is not in mm, or has no
            orientation.
    """
    import nrrd  # type: ignore[import-untyped]

    with path.open("rb") as file:
        header: dict[str, Any] = nrrd.read_header(file)
        check_size(tuple(int(size) for size in header["sizes"]))
        if "data file" in header or "datafile" in header:
            raise DataError("the file's data are in another file; a single file is expected")
        directions, layered = _directions(header)
        array = nrrd.read_data(header, file)
    affine = np.eye(4)
    affine[:3, :3] = directions.T
    affine[:3, 3] = header["space origin"]
    x, y = SPACES[header["space"].lower()]
    layers = array if layered else array[np.newaxis]
    segments, findings = _segments(header, layers)
    return ImageFile(layers[0], np.diag([x, y, 1.0, 1.0]) @ affine, findings, segments)


def _directions(header: Mapping[str, Any]) -> tuple[NDArray[np.float64], bool]:
    """Direction of each spatial axis, ``[3, 3]``, and whether an axis of layers precedes them."""
    if "space directions" not in header or "space origin" not in header:
        raise DataError("the file has no space directions or no space origin")
    # The actual value is not quoted: it may be anything, even a person's name.
    if str(header.get("space", "")).lower() not in SPACES:
        raise DataError(f"the file's space must be one of {', '.join(SPACES)}")
    if {unit for unit in header.get("space units", []) if unit} - {"mm"}:
        raise DataError("the file's unit of length is not mm")
    directions = np.array(
        [[np.nan] * 3 if row is None else row for row in header["space directions"]], np.float64
    )
    layered = len(directions) == 4 and bool(np.isnan(directions[0]).all())
    if layered:
        if int(header["sizes"][0]) > 1 and "Segment0_LabelValue" not in header:
            raise DataError("the file has 4 axes; one volume of 3 is expected")
        directions = directions[1:]
    if directions.shape != (3, 3):
        raise DataError(f"the file has {len(directions)} axes; one volume of 3 is expected")
    return directions, layered


def _segments(
    header: Mapping[str, Any], layers: NDArray[Any]
) -> tuple[dict[str, NDArray[np.bool_]] | None, list[Finding]]:
    """Masks by segment name, if the file names segments, and findings."""
    keys = [key for key in header if re.fullmatch(r"Segment\d+_Name", key)]
    if not keys:
        return None, []
    layers, findings = whole_labels(layers)
    masks = {}
    for key in keys:
        number = key.removesuffix("_Name")
        layer = int(header.get(f"{number}_Layer", 0))
        masks[str(header[key])] = layers[layer] == int(header.get(f"{number}_LabelValue", 1))
    return masks, findings
