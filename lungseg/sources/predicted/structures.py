"""Lungs among the named structures of a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lungseg.dicom.rtstruct import rasterize, read_structures
from lungseg.dicom.seg import read_segments
from lungseg.errors import DataError
from lungseg.sources.lungs import pick
from lungseg.sources.predicted.rules import MaskRules
from lungseg.volume import Volume

Placed = tuple[NDArray[np.bool_], NDArray[np.float64]]
"""A mask ``[i, j, k]`` and its affine."""


def wanted(names: Iterable[str], rules: MaskRules) -> list[str]:
    """Names of the structures that are lungs.

    Raises:
        DataError: If there is none. Names of others are not shown: they may be a person's.
    """
    names = list(names)
    if not rules.structures:
        return list(pick(names, rules.lungs))
    found = [name for name in names if rules.is_named(name)]
    if not found:
        raise DataError(
            f"none of {len(names)} structure(s) is called {' or '.join(rules.structures)}"
        )
    return found


def segments_of(path: Path, rules: MaskRules) -> tuple[list[Placed], list[str]]:
    """Lungs of a DICOM-SEG, and what a reader should know of the file.

    Raises:
        DataError: If it is damaged, or no segment is a lung.
    """
    content = read_segments(path)
    if rules.values:
        chosen = [segment for segment in content.segments if segment.number in rules.values]
        if not chosen:
            numbers = ", ".join(str(segment.number) for segment in content.segments)
            raise DataError(f"its segments have the numbers {numbers}", path)
    else:
        lungs = wanted([segment.label for segment in content.segments], rules)
        chosen = [segment for segment in content.segments if segment.label in lungs]
    masks = [(segment.mask.astype(np.bool_), segment.affine) for segment in chosen]
    return masks, [finding.text for finding in content.findings]


def contours_of(
    path: Path, volume: Volume, rules: MaskRules
) -> tuple[NDArray[np.bool_], list[str]]:
    """Lungs of an RTSTRUCT drawn on a volume's grid, bool ``[z, y, x]``, and notes likewise.

    A lung without a closed contour is one that was not found.

    Raises:
        DataError: If it is damaged, or no structure is a lung.
    """
    if rules.values:
        raise DataError(
            f"structures of an RTSTRUCT are chosen by name{rules.how_to_label('[NAME]')}"
        )
    content = read_structures(path)
    lungs = wanted(content.structures, rules)
    mask = np.zeros(volume.voxels.shape, np.bool_)
    notes = [finding.text for finding in content.findings]
    for number, name in enumerate(lungs, 1):
        structure, called = content.structures[name], f"lung structure {number}"
        if structure.fault:
            raise DataError(f"{called}: {structure.fault}", path)
        drawn, findings = rasterize(
            structure.contours, volume, called, exclusive=structure.exclusive
        )
        mask |= drawn > 0
        notes += [finding.text for finding in (*structure.findings(called), *findings)]
        if not structure.closed:
            notes.append(f"{called} has no closed contour: nothing was found there")
    return mask, notes
