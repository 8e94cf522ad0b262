"""Masks of the real cases, as other programs write them: scored as SimpleITK does, or refused."""

import csv
import itertools
import logging

import numpy as np
import pydicom
import pytest

from lungseg.cli import main
from lungseg.data.store import open_arrays
from lungseg.volume import Volume
from tests.apps.masks_of_others import affine_of, dice_by_itk, prepared
from tests.dicom.shapes import trace
from tests.dicom.write_rtstruct import write_rtstruct
from tests.dicom.write_seg import write_seg
from tests.sources.image_files import write_nifti

NAMES = ("Case_000", "Case_001", "Case_002")

pytestmark = [pytest.mark.realdata, pytest.mark.slow]


@pytest.fixture(scope="module")
def cohort(realdata, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    return prepared(realdata / "lctsc", folder)


@pytest.fixture
def evaluate(cohort, tmp_path, monkeypatch, capfd):
    """DSC by case, and what was printed."""
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]

    count = itertools.count()

    def run(*cases, more=(), code=0):
        folder = f"run{next(count)}"
        split = ("split=explicit", f"split.test=[{','.join(cases)}]") if cases else ()
        data = ("data=lctsc", f"data.store={cohort.store}", "report=false")
        assert (
            main(["evaluate", "predictions=masks", *data, *split, *more, f"hydra.run.dir={folder}"])
            == code
        )
        out, err = capfd.readouterr()
        if code:
            return {}, out + err
        with (tmp_path / folder / "evaluation" / "cases.csv").open() as file:
            return {row["case"]: float(row["dsc"]) for row in csv.DictReader(file)}, out + err

    yield run
    logging.getLogger().handlers[:] = handlers


def reference(cohort, name):
    return (open_arrays(cohort.store, name)[1][:] > 0).astype(np.uint8)


def shifted(mask):
    """By four voxels to the patient's left, and without its lowest slice."""
    moved = np.roll(mask, 4, axis=2)
    moved[np.flatnonzero(mask.any(axis=(1, 2)))[0]] = 0
    return moved


def test_three_formats(cohort, realdata, evaluate, tmp_path):
    """NIfTI front first, SEG of highdicom, RTSTRUCT of contours between pixel centres."""
    truth = {name: reference(cohort, name) for name in NAMES}
    masks = {name: shifted(mask) for name, mask in truth.items()}
    affines = {name: affine_of(cohort, name) for name in NAMES}
    order = ((1, 2, 0), (1, 0, 1))
    write_nifti(tmp_path / "masks/Case_000.nii.gz", masks["Case_000"], affines["Case_000"], order)
    files = {name: sorted((realdata / "lctsc/Images" / name).iterdir()) for name in NAMES}
    lungs = {"Lungs": masks["Case_001"]}
    write_seg(tmp_path / "masks/Case_001.dcm", lungs, affines["Case_001"], files["Case_001"])
    first = pydicom.dcmread(files["Case_002"][0], stop_before_pixels=True)
    outlines = trace(masks["Case_002"], Volume(masks["Case_002"], affines["Case_002"]))
    uids = first.SeriesInstanceUID, first.FrameOfReferenceUID
    ids = {"patient_id": first.PatientID, "study_uid": first.StudyInstanceUID}
    write_rtstruct(tmp_path / "masks/Case_002.dcm", {"Lungs": outlines}, *uids, **ids)
    found, _ = evaluate()
    expected = {name: dice_by_itk(masks[name], truth[name]) for name in NAMES}
    assert all(0.9 < value < 0.98 for value in expected.values())
    assert found["Case_000"] == pytest.approx(expected["Case_000"], abs=1e-12)
    assert found["Case_001"] == pytest.approx(expected["Case_001"], abs=1e-12)
    assert found["Case_002"] == pytest.approx(expected["Case_002"], abs=2e-3)


def test_mirrored_resampled_renamed_missing(cohort, evaluate, tmp_path):
    mask, affine = reference(cohort, "Case_000"), affine_of(cohort, "Case_000")
    file = tmp_path / "masks" / "Case_000.nii"
    mirrored = np.ascontiguousarray(mask[:, ::-1])
    write_nifti(file, mirrored, affine)
    found, said = evaluate("Case_000")
    assert found["Case_000"] == pytest.approx(dice_by_itk(mirrored, mask), abs=1e-12)
    assert 0.5 < found["Case_000"] < 0.9
    assert "Case_000: the mask lies elsewhere: flipped front to back its DSC would be 1.00" in said
    half = affine.copy()
    half[:3, 2] *= 2
    write_nifti(file, np.ascontiguousarray(mask[:, :, ::2]), half)
    _, said = evaluate("Case_000", code=1)
    assert "Case_000: the mask: its grid is not the image's" in said
    found, said = evaluate("Case_000", more=["predictions.resample=true"])
    assert 0.98 < found["Case_000"] < 1
    assert "Masks of Case_000 were on another grid" in said
    file.rename(file.with_name("Patient7.nii"))
    _, said = evaluate("Case_000", code=1)
    assert "none of 1 file" in said
    write_nifti(file, mask, affine)
    _, said = evaluate("Case_000", "Case_001", code=1)
    assert "no mask for Case_001 (1 of 2 cases)" in said
