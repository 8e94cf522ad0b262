"""Source: folders of CT slices with one npz mask per case, as in the report's copy of LCTSC."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lungseg.data.case import Case
from lungseg.dicom.series import read_series
from lungseg.dicom.tree import dicom_files, look
from lungseg.errors import DataError
from lungseg.files import sha256_of
from lungseg.findings import Finding
from lungseg.sources.about import about
from lungseg.sources.case_image import CaseImage
from lungseg.sources.evident import evident_case
from lungseg.sources.folders import is_half
from lungseg.sources.identity import patient_of
from lungseg.sources.maskless import REQUIRED, masks_required
from lungseg.sources.npz import read_npz
from lungseg.sources.pairs import pair_up
from lungseg.sources.state import files_below, state_of


class LctscFolder:
    """Cases laid out as ``Images/<case>/*.dcm`` and ``Segmentations/<case>_seg.npz``.

    The npz contains ``masks``: 0 or 1, ``[z, y, x]``, with unknown directions of its axes.

    Args:
        root: Folder with ``Images`` and ``Segmentations``.
        masks: ``required``, or ``none``: only ``Images`` is read.

    Raises:
        ConfigError: If `masks` has another value.
    """

    def __init__(self, root: str | Path, masks: str = REQUIRED) -> None:
        self.root = Path(root)
        self.masks = masks_required(masks)

    def cases(self) -> list[str]:
        """Names of the cases, in natural order (``Case_2`` before ``Case_10``).

        Raises:
            DataError: If there are none, or an image folder and a mask do not pair up.
        """
        with about("data.root"):
            return self._cases()

    def _cases(self) -> list[str]:
        images = self.root / "Images"
        if not self.root.is_dir():
            raise DataError("no such folder", self.root)
        if not images.is_dir():
            if is_half(self.root, ("Images", "Segmentations")):
                here = self.root.resolve()
                raise DataError(
                    f"{here.name} is one of the folders of the source: did you mean the folder"
                    " above, with Images/ and Segmentations/?",
                    here.parent,
                )
            raise DataError("no folder Images/ with a folder for each case", self.root)
        names = {folder.name for folder in images.iterdir() if folder.is_dir()}
        if not names:
            raise DataError("Images/ contains no folder: one for each case is expected", images)
        if not self.masks:
            return pair_up(names, names, self.root, no_mask="", no_image="").checked()
        masks = {
            file.name.removesuffix("_seg.npz")
            for file in (self.root / "Segmentations").glob("*_seg.npz")
        }
        return pair_up(
            names,
            masks,
            self.root,
            no_mask="no mask: Segmentations/{}_seg.npz is missing",
            no_image="no images: folder Images/{} is missing",
        ).checked()

    def state(self, case: str) -> str:
        """Fingerprint of names, sizes and times of a case's files: equal means unchanged."""
        with about(case):
            masks = [self._mask_file(case)] if self.masks else []
            return state_of([*dicom_files(self.root / "Images" / case), *masks], self.root)

    def patient(self, case: str) -> frozenset[str]:
        """Keys of the case's patient; also checks whether the case's name may be shown.

        Raises:
            IdentityError: As :func:`lungseg.sources.identity.patient_of`.
        """
        with about("data.root"):
            return patient_of(case, files_below(self.root / "Images" / case))

    def read(self, case: str) -> Case:
        """Read one case, its mask, if required, aligned with its image.

        Raises:
            DataError: If files are damaged or missing, or image and mask do not belong together.
        """
        mask_file = self._mask_file(case)
        folder = self.root / "Images" / case
        with about(case):
            files = dicom_files(folder)
            if not self.masks:
                series = read_series(files)
                findings = [*series.findings, *_ignored(folder, files)]
                return CaseImage(case, series.volume, series.header, findings, series.sha256).case()
            with ThreadPoolExecutor(1) as pool:
                stored = pool.submit(read_npz, mask_file)
                series = read_series(files)
            mask, more = stored.result()
            digest = hashlib.sha256(series.sha256.encode() + sha256_of(mask_file)).hexdigest()
            findings = [*series.findings, *_ignored(folder, files), *more]
            image = CaseImage(case, series.volume, series.header, findings, digest)
            return evident_case(image, mask, mask_file)

    def _mask_file(self, case: str) -> Path:
        return self.root / "Segmentations" / f"{case}_seg.npz"


def _ignored(folder: Path, files: list[Path]) -> list[Finding]:
    """Report DICOM files of a case that are not read: slices may be missing."""
    others = {*files_below(folder)} - {*files}
    unread = sorted(path for path in others if look(path) is not None)
    if not unread:
        return []
    text = f"{len(unread)} DICOM file(s) without the ending .dcm, or in subfolders, ignored"
    return [Finding("files-left-aside", "warning", text, unread[0])]
