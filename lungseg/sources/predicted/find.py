"""Which files of a folder have the mask of which case."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lungseg.dicom.tree import look
from lungseg.errors import ConfigError, DataError, listed
from lungseg.sources.image_reader import ENDINGS
from lungseg.sources.predicted.case_names import CaseNames
from lungseg.sources.predicted.rules import MaskRules
from lungseg.sources.predicted.structures import wanted
from lungseg.sources.state import files_below

NPZ = ".npz"
IMAGES = (*sorted(ENDINGS, key=len, reverse=True), NPZ)
"""Endings of files that are read by their names; others may be DICOM."""
RECORD = "prediction.json"
"""Beside what ``lungseg predict`` writes: one mask, in several formats."""

TELLING = {"seen-in-train", "seen-in-val"}
"""Findings of it by which a model knew the image before."""


@dataclass(frozen=True)
class MaskFiles:
    """Files with masks below a folder. Their paths may name a patient: never show them in a log.

    Attributes:
        by_case: Files of each case that has any: one, or several with a structure each.
        strangers: Files that fit no case.
        seen: Cases with a mask of ``lungseg predict`` by a model that was trained on this image or
            chosen by it, as it noted.
    """

    by_case: dict[str, tuple[Path, ...]]
    strangers: tuple[Path, ...]
    seen: frozenset[str] = frozenset()


def find_masks(folder: Path, images: Mapping[str, str], rules: MaskRules) -> MaskFiles:
    """Find the masks of cases in a tree of folders.

    A file belongs to the case that its name contains, or else the name of the nearest folder above
    it. What ``lungseg predict`` wrote belongs to the case with the image that was predicted,
    whatever it is called.

    Args:
        folder: With ``.nii``, ``.nii.gz``, ``.nrrd`` and ``.npz`` files, DICOM-SEG and RTSTRUCT.
        images: Hash of each case's image, by its name.
        rules: By which a structure's file is recognized, where a case has a file for each.

    Raises:
        DataError: If there is no such folder, no file in it fits a case, one fits two cases, or a
            case has several masks.
    """
    if not folder.is_dir():
        raise DataError("no such folder with masks", folder)
    cases = CaseNames(images)
    predicted = _Predicted(images)
    by_case: dict[str, list[Path]] = {}
    strangers = []
    for file in _mask_files(folder):
        name = predicted.case_of(file) or _case_of(file, folder, cases)
        if name:
            by_case.setdefault(name, []).append(file)
        else:
            strangers.append(file)
    if not by_case:
        raise _no_case(folder, len(strangers), list(images))
    chosen = {
        case: _chosen(case, by_case[case], folder, rules) for case in images if case in by_case
    }
    return MaskFiles(chosen, tuple(strangers), frozenset(predicted.seen))


def refuse_unfit(folder: Path, names: Sequence[str] | None) -> None:
    """Stop before cases are prepared where none of them can have a mask.

    Args:
        folder: With masks.
        names: Of the cases; None where they are not known yet.

    Raises:
        DataError: If there is no mask in the folder, or no file that fits a case.
    """
    cases, n_files = CaseNames(names or []), 0
    for file in _mask_files(folder):
        # A record knows its case by the image, whose hash is known once it is prepared.
        if names is None or (file.parent / RECORD).is_file() or _case_of(file, folder, cases):
            return
        n_files += 1
    raise _no_case(folder, n_files, names or [])


def _no_case(folder: Path, n_files: int, names: Sequence[str]) -> DataError:
    if n_files == 0:
        return DataError(
            f"no mask in this folder: {', '.join(IMAGES)}, DICOM-SEG or RTSTRUCT", folder
        )
    return DataError(
        f"none of {n_files} file(s) with masks fits a case by its name, or its folder's:"
        f" the cases are {listed(names)}",
        folder,
    )


def _mask_files(folder: Path) -> Iterator[Path]:
    """Files that may have masks, without hidden ones and prepared cases."""
    for file in files_below(folder):
        inside = file.relative_to(folder).parts
        if any(part.startswith(".") or part.endswith(".zarr") for part in inside):
            continue
        if file.name.lower().endswith(IMAGES) or _is_mask_object(file):
            yield file


def _is_mask_object(file: Path) -> bool:
    """Whether a file is a DICOM-SEG or RTSTRUCT, or a damaged one of any kind."""
    dicom = look(file)
    return dicom is not None and dicom.kind in ("seg", "rtstruct", "damaged")


class _Predicted:
    """Cases by what ``lungseg predict`` noted of the image."""

    def __init__(self, images: Mapping[str, str]) -> None:
        self._cases: dict[str, list[str]] = {}
        for name, image in images.items():
            self._cases.setdefault(image, []).append(name)
        self._noted: dict[Path, str | None] = {}
        self.seen: set[str] = set()

    def case_of(self, file: Path) -> str | None:
        """The one case with the image whose mask this file is; None where that is not known."""
        if file.parent not in self._noted:
            self._noted[file.parent] = self._read(file.parent / RECORD)
        return self._noted[file.parent]

    def _read(self, record: Path) -> str | None:
        if not record.is_file():
            return None
        try:
            content = json.loads(record.read_text())
            image = content["image_sha256"]
            codes = {finding["code"] for finding in content.get("findings", ())}
        except (ValueError, KeyError, TypeError):
            raise DataError(f"{RECORD} is damaged", record) from None
        same = self._cases.get(image, [])
        if codes & TELLING:
            self.seen |= {*same}
        return same[0] if len(same) == 1 else None


def _case_of(file: Path, folder: Path, cases: CaseNames) -> str | None:
    parts = [stem(file.name), *file.relative_to(folder).parts[-2::-1]]
    for part in parts:  # the nearest first
        found = cases.within(part)
        if len(found) > 1:
            raise DataError(f"a file fits {listed(found)} by its name: rename it", file)
        if found:
            return found[0]
    return None


def stem(name: str) -> str:
    """A file's name without the ending of its format."""
    ending = next((end for end in (*IMAGES, ".dcm") if name.lower().endswith(end)), "")
    return name[: len(name) - len(ending)]


def _chosen(case: str, files: Sequence[Path], folder: Path, rules: MaskRules) -> tuple[Path, ...]:
    """The file of a case, or those of its lungs.

    Raises:
        DataError: If several files may be meant.
    """
    if len(files) == 1:
        return tuple(files)
    if len({file.parent for file in files}) == 1:
        if (files[0].parent / RECORD).is_file():
            return (min(files, key=_rank),)
        stems = {stem(file.name): file for file in files if file.name.lower().endswith(IMAGES)}
        with suppress(DataError):
            chosen = tuple(stems[name] for name in wanted(stems, rules))
            if len(chosen) == 1 or not rules.values:
                return chosen
            raise ConfigError(
                f"{rules.labelled_by}: {case} has a file for each structure, and values choose"
                f" within one; files are chosen by name{rules.how_to_label('[NAME]')}"
            )
    names = [os.path.relpath(file, folder) for file in files]
    raise DataError(
        f"{case}: {len(files)} masks fit it by name; keep one, or one for each lung named as such"
        f"{rules.how_to_label('[NAME]')}",
        listed(names, 2).replace(", ", " and "),
    )


def _rank(file: Path) -> int:
    """Formats by how exactly they have a mask: those of voxels before outlines."""
    for rank, ending in enumerate(IMAGES):
        if file.name.lower().endswith(ending):
            return rank
    dicom = look(file)
    return len(IMAGES) + (dicom is None or dicom.kind != "seg")
