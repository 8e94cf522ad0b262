"""Source: images and masks as NIfTI or NRRD files, placed by their affines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.case import Case
from lungseg.dicom.series import read_series
from lungseg.dicom.tree import choose_series, damaged, scan
from lungseg.errors import DataError
from lungseg.files import sha256_of
from lungseg.findings import Finding
from lungseg.geometry import oriented
from lungseg.sources.about import about
from lungseg.sources.case_image import CaseImage
from lungseg.sources.evident import evident_case
from lungseg.sources.hu import as_hu
from lungseg.sources.identity import patient_of
from lungseg.sources.image_reader import read_image_file
from lungseg.sources.labels import by_labels, check_labels, of_mask, one_value
from lungseg.sources.layouts import CaseFiles, Listing, Masks, case_files
from lungseg.sources.lungs import LungNames, Side, combine, pick
from lungseg.sources.npz import read_npz
from lungseg.sources.placed import placed_case
from lungseg.sources.state import files_below, state_of
from lungseg.volume import Volume, place


class NiftiFolder:
    """Cases as pairs of an image and a mask, found by patterns.

    An image is a ``.nii``, ``.nii.gz`` or ``.nrrd`` file in HU, or a folder with the DICOM files of
    one series. A mask is such a file, placed by its affine, or an npz file without geometry,
    oriented by the image (:func:`lungseg.sources.align.align`).

    Args:
        root: Folder with all files.
        images: Pattern of the images, as ``imagesTr/{case}_0000.nii.gz``; None for a usual layout.
        masks: Pattern of the masks, or one for each of ``left``, ``right`` and ``both``; None
            likewise; ``none``: images alone.
        labels: Values of a label map for the ``left``, the ``right`` or ``both`` lungs; a list or a
            number by itself: for both.
        lungs: Patterns of the names of segments, for files with segment names (``.seg.nrrd``).

    Raises:
        ConfigError: If labels or patterns are invalid.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        images: str | None,
        masks: Masks | None,
        labels: Mapping[str, Sequence[int]] | Sequence[int] | int,
        lungs: Mapping[str, list[str]],
    ) -> None:
        self.root = Path(root)
        self.images = images
        self.masks = masks
        self.labels = check_labels(labels)
        self.lungs = LungNames.of(lungs)

    @cached_property
    def _listing(self) -> Listing:
        with about("data.root"):
            return case_files(self.root, self.images, self.masks)

    @property
    def _files(self) -> dict[str, CaseFiles]:
        return self._listing.files

    def cases(self) -> list[str]:
        """Names of the cases, in natural order.

        Raises:
            DataError: If there are none, or images and masks do not pair up.
        """
        pairing = self._listing.pairing  # whose errors name the setting already
        with about("data.root"):
            return pairing.checked()

    def state(self, case: str) -> str:
        """Fingerprint of names, sizes and times of a case's files: equal means unchanged."""
        files = self._files[case]
        with about(case):
            image = files_below(files.image) if files.image.is_dir() else [files.image]
            return state_of([*image, *(path for _, path in files.masks)], self.root)

    def patient(self, case: str) -> frozenset[str]:
        """The part of the image's path for ``{patient}``, and keys from DICOM files.

        NIfTI files themselves name no patient.

        Raises:
            IdentityError: If the case's name would identify the patient of its DICOM files, or
                they are damaged.
        """
        files = self._files[case]
        from_path = frozenset({files.patient} - {""})
        if not files.image.is_dir():
            return from_path
        with about("data.root"):
            from_headers = patient_of(case, files_below(files.image))
        return from_path | from_headers

    def read(self, case: str) -> Case:
        """Read one case.

        Raises:
            DataError: If a file is damaged or has no geometry, or the grids of mask and image
                differ.
        """
        files = self._files[case]
        with about(case):
            volume, header, findings, image_hash = _image(files.image)
            hashes = [image_hash, *(sha256_of(path) for _, path in files.masks)]
            digest = hashlib.sha256(b"".join(hashes)).hexdigest()
            if not files.masks:
                return CaseImage(case, volume, header, findings, digest).case()
            side, path = files.masks[0]
            if path.suffix == ".npz":
                stored, more = read_npz(path)
                findings += more
                return evident_case(CaseImage(case, volume, header, findings, digest), stored, path)
            parts: list[tuple[Side, NDArray[np.uint8]]] = []
            for side, path in files.masks:
                of_file, more = self._parts(volume, side, path)
                parts += of_file
                findings += more
            mask, sides, more = combine(parts)
            image = CaseImage(case, volume, header, [*findings, *more], digest)
            return placed_case(image, mask, sides)

    def _parts(
        self, volume: Volume, side: Side | None, path: Path
    ) -> tuple[list[tuple[Side, NDArray[np.uint8]]], list[Finding]]:
        """Masks in one file, on the volume's grid."""
        file = read_image_file(path)
        findings = of_mask(file.findings)
        try:
            stored: list[tuple[Side, NDArray[Any]]]
            if file.segments is not None and side is None:
                chosen = pick(file.segments, self.lungs)
                stored = [(chosen[name], file.segments[name]) for name in chosen]
            elif side is not None:
                mask, more = one_value(file.array)
                stored = [(side, mask)]
                findings += more
            else:
                by_value, more = by_labels(file.array, self.labels)
                stored = [*by_value]
                findings += more
            parts = [
                (side_of, place(mask.astype(np.uint8), file.affine, volume))
                for side_of, mask in stored
            ]
        except ValueError as error:
            raise DataError(f"the mask: {error}", path) from None
        except DataError as error:
            raise DataError(str(error), path) from None
        return parts, findings


def _image(path: Path) -> tuple[Volume, dict[str, str | bool], list[Finding], bytes]:
    """Volume, header, findings and content hash of an image file or a folder of DICOM files."""
    if path.is_dir():
        files = scan(path)
        series = read_series(choose_series(files, "error").files)
        findings = [*damaged(files), *series.findings]
        return series.volume, series.header, findings, bytes.fromhex(series.sha256)
    file = read_image_file(path)
    try:
        voxels, affine, findings = oriented(file.array, file.affine)
        hu, more = as_hu(voxels)
    except ValueError as error:
        raise DataError(str(error), path) from None
    except DataError as error:
        raise DataError(str(error), path) from None
    header: dict[str, str | bool] = {"sex": "", "scanner": "", "synthetic": False}
    volume = Volume(np.ascontiguousarray(hu), affine)
    return volume, header, [*file.findings, *findings, *more], sha256_of(path)
