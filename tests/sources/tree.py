"""Trees of DICOM files as from archives, for tests."""

from __future__ import annotations

from pathlib import Path

import contourpy
import numpy as np
import pydicom

from lungseg.data.case import Case
from lungseg.sources.lctsc import LctscFolder
from tests.dicom.write_rtstruct import write_rtstruct


def write_images(folder: Path, phantom_root: Path, case: str, **tags: object) -> list[Path]:
    """Copy the slices of a synthetic case, with tags changed and no ending; the files."""
    folder.mkdir(parents=True)
    written = []
    for k, file in enumerate(sorted((phantom_root / "Images" / case).iterdir())):
        ds = pydicom.dcmread(file)
        for keyword, value in tags.items():
            setattr(ds, keyword, value)
        ds.save_as(folder / f"I{k:04d}")
        written.append(folder / f"I{k:04d}")
    return written


def truth(phantom_root: Path, case: str) -> tuple[Case, dict[str, np.ndarray]]:
    """The case as it should come back, and the mask of each lung."""
    read = LctscFolder(phantom_root).read(case)
    right, left = read.mask.copy(), read.mask.copy()
    half = read.mask.shape[2] // 2  # x runs to the patient's left
    right[:, :, half:] = 0
    left[:, :, :half] = 0
    return read, {"right": right, "left": left}


def contours(mask: np.ndarray, affine: np.ndarray) -> list[np.ndarray]:
    """Outlines of a mask ``[z, y, x]``, midway between its pixels and their neighbours, in mm."""
    found = []
    for z, section in enumerate(mask):
        padded = np.pad(section, 1).astype(float)
        for line in contourpy.contour_generator(z=padded).lines(0.5):
            index = np.column_stack(
                [np.full(len(line), z), line[:, 1] - 1, line[:, 0] - 1, np.ones(len(line))]
            )
            found.append((index @ affine.T)[:-1, :3])
    return found


def write_patient(
    root: Path, phantom_root: Path, case: str, name: str, masks: str, **tags: object
) -> dict[str, np.ndarray]:
    """One patient as ``<name>/<study>/<series>/…`` with an RTSTRUCT or DICOM-SEG; each lung."""
    read, lungs = truth(phantom_root, case)
    study = root / name / "1.3.6.1-study"
    files = write_images(study / "2.000000-CT-50102", phantom_root, case, **tags)
    head = pydicom.dcmread(files[0], stop_before_pixels=True)
    (study / "1.000000-MASK").mkdir()
    target = study / "1.000000-MASK" / "1-1.dcm"
    if masks == "seg":
        from tests.dicom.write_seg import write_seg

        segments = {"Left Lung": lungs["left"], "Right Lung": lungs["right"]}
        write_seg(target, segments, read.volume.affine, files)
        return lungs
    structures = {
        "SpinalCord": contours(read.mask[:2] | 1, read.volume.affine),
        "Lung_L": contours(lungs["left"], read.volume.affine),
        "Lung_R": contours(lungs["right"], read.volume.affine),
    }
    identity = {
        key: str(head.get(key, "") or "")
        for key in ("PatientName", "PatientBirthDate", "PatientIdentityRemoved")
    }
    write_rtstruct(
        target,
        structures,
        head.SeriesInstanceUID,
        head.FrameOfReferenceUID,
        patient_id=head.PatientID,
        study_uid=head.StudyInstanceUID,
        **identity,
    )
    return lungs
