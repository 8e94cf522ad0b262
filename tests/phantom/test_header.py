"""The headers of a written cohort."""

from __future__ import annotations

import pytest


def test_headers(files, cases):
    for index, (case_files, case) in enumerate(zip(files, cases, strict=True)):
        for _, dataset in case_files:
            assert dataset[0x0008001C].value == "YES"
            assert dataset.Modality == "CT"
            assert list(dataset.ImageType) == ["DERIVED", "PRIMARY", "AXIAL"]
            assert [float(v) for v in dataset.ImageOrientationPatient] == [1, 0, 0, 0, 1, 0]
            assert dataset.PatientID == f"PHANTOM-{index:03d}"
            assert dataset.PatientSex == case.sex
            assert dataset.BurnedInAnnotation == "NO"
            assert dataset.RescaleType == "HU"
            assert float(dataset.SliceThickness) == pytest.approx(case.spacing[0], abs=1e-3)
            assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    datasets = [dataset for case_files in files for _, dataset in case_files]
    assert len({d.SOPInstanceUID for d in datasets}) == len(datasets)
    assert len({d.SeriesInstanceUID for d in datasets}) == len(files)
    assert len({d.FrameOfReferenceUID for d in datasets}) == len(files)


def test_three_cases_are_identified(files, cases):
    assert sum(case.plant.identified for case in cases) == 3
    for case_files, case in zip(files, cases, strict=True):
        for _, dataset in case_files:
            assert str(dataset.PatientName).startswith("Phantom^") == case.plant.identified
            assert bool(dataset.PatientBirthDate) == case.plant.identified
            assert bool(str(dataset.PatientName)) == case.plant.identified


def test_one_case_comes_from_another_scanner(files):
    def scanner(dataset):
        return (
            dataset.Manufacturer,
            dataset.ManufacturerModelName,
            dataset.ConvolutionKernel,
            int(dataset.RescaleIntercept),
            dataset.file_meta.TransferSyntaxUID.is_implicit_VR,
        )

    usual = scanner(files[0][0][1])
    others = [case_files for case_files in files if scanner(case_files[0][1]) != usual]
    assert len(others) == 1
    odd = scanner(others[0][0][1])
    assert all(a != b for a, b in zip(usual, odd, strict=True))


def test_one_case_is_padded_outside_the_scan_circle(files, cases):
    padded = [k for k, case_files in enumerate(files) if "PixelPaddingValue" in case_files[0][1]]
    assert len(padded) == 1
    dataset = files[padded[0]][0][1]
    assert dataset.PixelPaddingValue == -2000
    assert dataset.pixel_array[0, 0] == -2000
    assert (cases[padded[0]].image[:, 0, 0] == -1024).all()
