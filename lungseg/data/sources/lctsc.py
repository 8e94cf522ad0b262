"""Source: folders of CT slices with one npz mask a case, as in the report's copy of LCTSC."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lungseg.data.case import Case
from lungseg.data.sources.about import about
from lungseg.data.sources.evident import evident_case
from lungseg.data.sources.identity import check_name, patient_of
from lungseg.data.sources.npz import read_npz
from lungseg.data.sources.pairs import paired
from lungseg.data.sources.state import state_of
from lungseg.dicom.series import read_series
from lungseg.dicom.tree import dicom_files
from lungseg.errors import DataError
from lungseg.files import sha256_of


class LctscFolder:
    """Cases laid out as ``Images/<case>/*.dcm`` and ``Segmentations/<case>_seg.npz``.

    The npz holds ``masks``: 0 or 1, ``[z, y, x]``, its axes in unknown directions.

    Args:
        root: Folder that holds ``Images`` and ``Segmentations``.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def cases(self) -> list[str]:
        """Names of the cases, in natural order (``Case_2`` before ``Case_10``).

        Raises:
            DataError: If there are none, an image folder and a mask do not pair up, or a name would
                identify a patient.
        """
        with about("data.root"):
            names = self._cases()
            for name in names:
                check_name(name, self.root / "Images" / name)
            return names

    def _cases(self) -> list[str]:
        images = self.root / "Images"
        if not images.is_dir():
            raise DataError("no folder Images/ with a folder for each case", self.root)
        names = {folder.name for folder in images.iterdir() if folder.is_dir()}
        if not names:
            raise DataError("Images/ holds no folder: one for each case is expected", images)
        masks = {
            file.name.removesuffix("_seg.npz")
            for file in (self.root / "Segmentations").glob("*_seg.npz")
        }
        return paired(
            names,
            masks,
            self.root,
            no_mask="no mask: Segmentations/{}_seg.npz is missing",
            no_image="no images: folder Images/{} is missing",
        )

    def state(self, case: str) -> str:
        """Fingerprint of names, sizes and times of a case's files: equal means unchanged."""
        with about(case):
            return state_of([*dicom_files(self.root / "Images" / case), self._mask_file(case)])

    def patient(self, case: str) -> str:
        """The first PatientID in the case's images, or nothing."""
        with about(case):
            return patient_of(dicom_files(self.root / "Images" / case))

    def read(self, case: str) -> Case:
        """Read one case, its mask aligned with its image.

        Raises:
            DataError: If files are damaged or missing, or image and mask do not belong together.
        """
        mask_file = self._mask_file(case)
        with about(case):
            with ThreadPoolExecutor(1) as pool:
                stored = pool.submit(read_npz, mask_file)
                series = read_series(dicom_files(self.root / "Images" / case))
            mask, more = stored.result()
            digest = hashlib.sha256(series.sha256.encode() + sha256_of(mask_file)).hexdigest()
            return evident_case(
                case, series.volume, mask, mask_file, series.header,
                [*series.findings, *more], digest,
            )  # fmt: skip

    def _mask_file(self, case: str) -> Path:
        return self.root / "Segmentations" / f"{case}_seg.npz"
