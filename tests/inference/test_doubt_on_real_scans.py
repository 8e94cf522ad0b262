"""Doubts on real CT: none among alike cases, and the expected ones on others."""

import numpy as np
import pytest
from scipy.ndimage import label

from lungseg.dicom.series import read_series
from lungseg.dicom.tree import dicom_files
from lungseg.sources.lctsc import LctscFolder
from lungseg.sources.nrrd_file import read_nrrd
from lungseg.volume import place
from tests.inference.lung_cases import Known, doubts_about, record_of

pytestmark = [pytest.mark.realdata, pytest.mark.slow]


@pytest.fixture(scope="module")
def cases(realdata):
    source = LctscFolder(realdata / "lctsc")
    read = [source.read(name) for name in source.cases()]
    return [Known(case.name, case.volume, case.mask) for case in read]


def found(case, record):
    findings: dict[str, list[str]] = {}
    for finding in doubts_about(case.scan(), case.labels, record):
        findings.setdefault(finding.code, []).append(finding.text)
    return findings


def test_three_cases_of_one_source_do_not_stand_out_among_each_other(cases):
    for case in cases:
        others = record_of([other for other in cases if other is not case])
        assert found(case, others) == {}


def test_one_of_them_mirrored(cases):
    others = record_of(cases[1:])
    case = cases[0]
    mirrored = case.changed(case.volume.voxels[:, :, ::-1], case.mask[:, :, ::-1].copy())
    assert "mirrored" in found(mirrored, others)


def test_one_of_them_without_the_lower_half_of_a_lung(cases):
    others = record_of(cases[1:])
    case = cases[0]
    for side in (1, 2):
        lung = case.labels == side
        inside = np.flatnonzero(lung.any(axis=(1, 2)))
        lung[(inside[0] + inside[-1]) // 2 :] = False
        half = case.changed(np.where(lung, 40, case.volume.voxels), case.mask * ~lung)
        assert any(text.startswith("height") for text in found(half, others)["lung-symmetry"])


def test_a_scan_of_few_large_voxels(cases, realdata):
    volume = read_series(dicom_files(realdata / "cip_ct64" / "dicom")).volume
    file = read_nrrd(realdata / "cip_ct64" / "wholeLung-64.nrrd")
    mask = (place(file.array, file.affine, volume) > 0).astype(np.uint8)
    findings = found(Known("cip", volume, mask), record_of(cases))
    # Its lungs are inflated much more.
    assert findings.keys() == {"unlike-training", "lung-density"}
    assert findings["unlike-training"][0].endswith(
        "pixel spacing 4.17 mm, in training 0.977 mm; slice spacing 3.99 mm, in training 3 mm;"
        " matrix size 64 pixels, in training 512 pixels; field of view 267 mm, in training 500 mm"
    )


def test_twelve_slices_from_the_middle_of_a_chest(cases, realdata):
    volume = read_series(dicom_files(realdata / "lidc_slices")).volume
    findings = found(Known("lidc", volume, dark_inside(volume.voxels)), record_of(cases))
    assert {"unlike-training", "lung-volume", "cut-lung"} <= findings.keys()
    assert len(findings["cut-lung"]) == 4  # both lungs, at the first and the last slice
    assert "mirrored" not in findings


def dark_inside(voxels):
    """The two largest dark parts that do not reach the sides of the scan."""
    parts, _ = label(voxels < -400)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    for border in (parts[:, 0], parts[:, -1], parts[:, :, 0], parts[:, :, -1]):
        sizes[np.unique(border)] = 0
    return np.isin(parts, np.argsort(-sizes)[:2]).astype(np.uint8)
