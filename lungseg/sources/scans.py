"""The scans in a file or below a folder, of any supported format, without masks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.description import image_hash
from lungseg.dicom.series import read_series
from lungseg.dicom.tree import DicomFile, damaged, look
from lungseg.errors import ConfigError, DataError
from lungseg.findings import Finding
from lungseg.geometry import oriented
from lungseg.sources.hu import as_hu
from lungseg.sources.image_reader import ENDINGS, read_image_file
from lungseg.sources.natural import natural
from lungseg.sources.results import results_among
from lungseg.sources.scan import Scan
from lungseg.sources.stacks import Stack, stacks_in
from lungseg.sources.state import files_below, state_of
from lungseg.volume import Volume

NPZ = ".npz"
PICTURES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp")
"""Of 2-D images."""
UNREAD_PICTURES = (
    "2-D images, which say neither HU nor spacing: give slices.images={case}/{z}.png,"
    " slices.numbers_run, slices.window or slices.hu_from, and spacing_mm=[z,y,x]"
)
OTHER_PICTURES = "2-D images that slices.images does not match"
FEW_VALUES = 32
"""An image of whole numbers from 0 to less than this is a label map, not a CT."""


@dataclass(frozen=True)
class ScanFiles:
    """The files of one scan; kept in memory, and never written.

    Attributes:
        name: Pseudonym.
        path: What to show a person: the file, or the folder of the series.
        files: All of them.
        spacing_mm: ``(z, y, x)``, for files that do not say.
        findings: Made while looking for files.
    """

    name: str
    path: Path
    files: tuple[Path, ...]
    spacing_mm: tuple[float, float, float] | None = None
    findings: tuple[Finding, ...] = ()

    def state(self) -> str:
        """Fingerprint of names, sizes and times of the files: equal means unchanged."""
        state = state_of(self.files, self.path if self.path.is_dir() else self.path.parent)
        return state if self.spacing_mm is None else f"{state} {self.spacing_mm}"

    def read(self) -> Scan:
        """Read the scan.

        Raises:
            DataError: If it is damaged, makes no volume, or is not a CT.
        """
        if self.path.name.lower().endswith(ENDINGS):
            return self._of_image_file()
        if self.path.name.lower().endswith(NPZ):
            return self._of_npz()
        series = read_series(self.files)
        assert series.stored_affine is not None
        return Scan(
            self.name,
            series.volume,
            series.stored_affine,
            image_hash(series.volume.voxels),
            series.header,
            [*self.findings, *series.findings],
            series.instances,
        )

    def _of_image_file(self) -> Scan:
        file = read_image_file(self.path)
        return self._placed(file.array, file.affine, file.findings)

    def _of_npz(self) -> Scan:
        if self.spacing_mm is None:
            raise DataError(
                "an npz file does not say how far apart its voxels are: give spacing_mm=[z,y,x]",
                self.path,
            )
        try:
            with np.load(self.path) as arrays:
                voxels: NDArray[Any] = arrays["image"]
        except KeyError:
            raise DataError("the npz file has no array 'image'", self.path) from None
        except Exception as error:  # damaged bytes surface as errors of every kind
            raise DataError(
                f"the npz file is damaged ({type(error).__name__})", self.path
            ) from None
        if voxels.ndim != 3:
            raise DataError(f"'image' must be [z, y, x], got {voxels.ndim} axes", self.path)
        affine = np.zeros((4, 4))
        affine[[2, 1, 0], [0, 1, 2]], affine[3, 3] = self.spacing_mm, 1
        return self._placed(voxels, affine, [])

    def _placed(
        self, array: NDArray[Any], affine: NDArray[np.float64], findings: Sequence[Finding]
    ) -> Scan:
        refuse_labels(array, self.path)
        try:
            voxels, moved, of_grid = oriented(array, affine)
            hu, of_values = as_hu(voxels)
        except (ValueError, DataError) as error:
            raise DataError(str(error), self.path) from None
        volume = Volume(np.ascontiguousarray(hu), moved)
        return Scan(
            self.name,
            volume,
            affine,
            image_hash(volume.voxels),
            {"sex": "", "scanner": "", "synthetic": False},
            [*findings, *of_grid, *of_values],
        )


AnyScan = ScanFiles | Stack


@dataclass(frozen=True)
class Found:
    """What a search for scans found.

    Attributes:
        scans: In the order of their paths.
        left_out: Numbers of files by the reason why they are not scans.
        unreadable: Files that are DICOM but damaged, with the reason.
    """

    scans: list[AnyScan]
    left_out: dict[str, int] = field(default_factory=dict)
    unreadable: list[Finding] = field(default_factory=list)


def find_scans(
    path: Path,
    pseudonym: Callable[[str], str],
    spacing_mm: Sequence[float] | None = None,
    slices: Mapping[str, Any] | None = None,
) -> Found:
    """Find the scans in a file or below a folder.

    Each CT series is a scan, whatever folders its files are in, and so is each ``.nii``,
    ``.nii.gz``, ``.nrrd`` and ``.npz`` file, and each stack of 2-D images. DICOM that is not CT,
    localizers, what ``lungseg predict`` wrote and files of other kinds are counted and left out.
    Links to folders are not followed.

    Args:
        path: A file or a folder.
        pseudonym: Makes the name of a DICOM series from its UID. Other scans are named by their
            file, as :class:`lungseg.sources.nifti.NiftiFolder` does.
        spacing_mm: ``(z, y, x)`` of npz files.
        slices: How 2-D images are read (:func:`lungseg.sources.stacks.stacks_in`); None where
            there are none.

    Raises:
        DataError: If there is no such file or folder, or no CT in it.
    """
    if not path.exists():
        raise DataError("input: no such file or folder", path)
    spacing = None if spacing_mm is None else _spacing(spacing_mm)
    below = [path] if path.is_file() else [*_below(path)]
    results = results_among(below)
    paths = [str(file) for file in below if file not in results]
    images: list[str] = []
    rest: list[str] = []
    for one in paths:
        (images if one.lower().endswith((*ENDINGS, NPZ)) else rest).append(one)
    looked = [(one, look(one)) for one in rest]
    dicom = [file for _, file in looked if file is not None]
    others = [one for one, file in looked if file is None]
    stacks = stacks_in(path, slices) if slices is not None else []
    taken = {str(file) for stack in stacks for file in stack.source.files(stack.case)}
    others = [one for one in others if one not in taken]
    pictures = sum(one.lower().endswith(PICTURES) for one in others)
    left_out: dict[str, int] = {}
    for reason, count in (
        (UNREAD_PICTURES if slices is None else OTHER_PICTURES, pictures),
        ("not an image format that is read", len(others) - pictures),
        ("DICOM, but not CT slices", sum(file.kind == "other" for file in dicom)),
        ("written by lungseg predict", len(results)),
        ("DICOM masks", sum(file.kind in ("rtstruct", "seg") for file in dicom)),
    ):
        if count:
            left_out[reason] = count
    unreadable = damaged(dicom)
    series = [*_series(dicom, pseudonym)]
    scans: list[AnyScan] = [*_with_damage(series, dicom), *_image_files(images, path, spacing)]
    scans += stacks
    if not scans:
        why = "; ".join([*(f"{n} file(s) {what}" for what, n in left_out.items()),
                         *(finding.text for finding in unreadable)])  # fmt: skip
        raise DataError(f"input: no CT in it{': ' + why if why else ''}", path)
    return Found(_unique(scans), left_out, unreadable)


def refuse_labels(array: NDArray[Any], path: Path) -> None:
    """Stop at an array that is a label map or a mask.

    Raises:
        DataError: Likewise.
    """
    if not array.size or array.dtype.kind not in "biuf":
        raise DataError(f"an array of {array.size} {array.dtype.name} values is not a CT", path)
    low, high = array.min(), array.max()
    if low >= 0 and high < FEW_VALUES and (array == np.rint(array)).all():
        raise DataError(
            f"values are whole numbers from {low:g} to {high:g}: a mask, not a CT", path
        )


def _below(folder: Path) -> Iterator[Path]:
    """Files of a tree, without hidden ones and prepared cases, which have a file per slice."""
    for file in files_below(folder):
        inside = file.relative_to(folder).parts
        if not any(part.startswith(".") or part.endswith(".zarr") for part in inside):
            yield file


def _series(files: Iterable[DicomFile], pseudonym: Callable[[str], str]) -> Iterator[ScanFiles]:
    groups: dict[tuple[str, str], list[DicomFile]] = {}
    for file in files:
        if file.kind == "ct":
            groups.setdefault((file.patient, file.series), []).append(file)
    for (_, uid), group in groups.items():
        yield ScanFiles(pseudonym(uid), group[0].path.parent, tuple(file.path for file in group))


def _with_damage(series: list[ScanFiles], files: Iterable[DicomFile]) -> Iterator[ScanFiles]:
    """Series, each with a finding if a damaged file beside its own may be one of its slices."""
    broken = [file for file in files if file.kind == "damaged"]
    folders = {path.parent for scan in series for path in scan.files}
    for scan in series:
        own = {path.parent for path in scan.files}
        near = [file for file in broken if file.path.parent in own]
        # Beside no series: it may belong to any.
        near += [file for file in broken if file.path.parent not in folders]
        yield replace(scan, findings=tuple(damaged(near)))


def _image_files(
    paths: Iterable[str], root: Path, spacing: tuple[float, float, float] | None
) -> Iterator[ScanFiles]:
    """Files that are scans by themselves, named by their path below the folder."""
    for path in sorted(map(Path, paths), key=lambda one: natural(str(one))):
        inside = Path(path.name) if root.is_file() else path.relative_to(root)
        name = "_".join(inside.parts)
        ending = next(end for end in (*ENDINGS[::-1], NPZ) if name.lower().endswith(end))
        yield ScanFiles(name[: -len(ending)] or "scan", path, (path,), spacing)


def _unique(scans: Iterable[AnyScan]) -> list[AnyScan]:
    """Scans with names of their own: two files may differ in their ending alone."""
    by_name: dict[str, AnyScan] = {}
    for scan in scans:
        name, number = scan.name, 1
        while name.casefold() in by_name:
            number += 1
            name = f"{scan.name}-{number}"
        by_name[name.casefold()] = replace(scan, name=name)
    return list(by_name.values())


def _spacing(values: Sequence[float]) -> tuple[float, float, float]:
    try:
        z, y, x = (float(value) for value in values)
    except (TypeError, ValueError):
        raise ConfigError(f"spacing_mm={values}: must be three numbers [z, y, x] in mm") from None
    return z, y, x
