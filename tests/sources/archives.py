"""Patients as downloaded from an archive."""

import pydicom

from lungseg.sources.dicomseg import DicomSegFolder
from lungseg.sources.tcia import TciaFolder

LUNGS = {"right": ["lung_r", "right lung"], "left": ["lung_l", "left lung"], "both": ["lungs"]}
KINDS = {"rtstruct": TciaFolder, "seg": DicomSegFolder}


def source(root, kind="rtstruct", **settings):
    return KINDS[kind](root, **{"cases": "folder", "series": "largest", "lungs": LUNGS} | settings)


def codes(case):
    return [finding["code"] for finding in case.audit["findings"]]


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def mask_file(patient, **changes):
    """The patient's RTSTRUCT changed in place."""
    file = next(patient.rglob("1-1.dcm"))
    ds = pydicom.dcmread(file)
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    ds.save_as(file)
    return file, ds
