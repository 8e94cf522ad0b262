"""Each finding on a series with exactly that irregularity, and none on a regular one."""

import re

import numpy as np
import pydicom
import pytest

from lungseg.dicom.series import read_series
from lungseg.errors import DataError
from tests.dicom.test_series import codes, write_slice

N = 24


def write_chest(folder, *, positions=None, **tags):
    """Air, lung and soft tissue, in equal shares."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    positions = positions if positions is not None else [(-10, -20, 2.5 * z) for z in range(N)]
    volume = rng.choice([-1000, -850, 40], (len(positions), 16, 16)).astype(np.int16)
    for z, position in enumerate(positions):
        write_slice(folder / f"{z:03d}.dcm", volume[z], position, instance=z + 1, **tags)
    return volume


def change(file, **tags):
    ds = pydicom.dcmread(file)
    for keyword, value in tags.items():
        if value is None:
            del ds[keyword]
        else:
            setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", "1.2")
    ds.save_as(file)


def missing(folder):
    (folder / "003.dcm").unlink()


def twice(folder):
    (folder / "x.dcm").write_bytes((folder / "003.dcm").read_bytes())


def uneven(folder):
    change(folder / "003.dcm", ImagePositionPatient=[-10, -20, 8.5])


def no_rescale(folder):
    change(folder / "003.dcm", RescaleSlope=None, RescaleIntercept=None)


def other_rescale(folder):
    change(folder / "003.dcm", RescaleIntercept=-1)


def other_units(folder):
    change(folder / "003.dcm", RescaleType="US")


def shifted(folder):
    for file in folder.iterdir():
        change(file, RescaleIntercept=1024)


def doubled(folder):
    for file in folder.iterdir():
        change(file, RescaleIntercept=-1024)


def padded(folder):
    change(folder / "003.dcm", RescaleIntercept=-30)


def few(folder):
    for k in range(10, N):
        (folder / f"{k:03d}.dcm").unlink()


def named(folder):
    change(folder / "003.dcm", PatientName="Canary^Bird", InstitutionName="Canary House")


def tilted(folder):
    for z in range(N):
        change(folder / f"{z:03d}.dcm", ImagePositionPatient=[-10, -20 + 0.05 * z, 2.5 * z])


CASES = {
    "missing-slice": (missing, "error", r"1 missing slice\(s\): 5.00 mm between .* 2.50 mm apart"),
    "duplicate-slice": (twice, "warning", r"1 slice\(s\) are duplicates"),
    "uneven-spacing": (uneven, "error", "uneven spacing"),
    "no-rescale": (no_rescale, "error", r"1 slice\(s\) without RescaleSlope"),
    "mixed-rescale": (other_rescale, "warning", "each is rescaled with its own"),
    "not-hu": (other_units, "error", "RescaleType is not HU"),
    "implausible-hu": (shifted, "error", "can hardly be HU: 0.0% are in the range of air"),
    "few-slices": (few, "warning", "only 10 slices"),
    "identifiers": (named, "warning", "InstitutionName, PatientName"),
    "gantry-tilt": (tilted, "error", r"sheared by 1.1°"),
    "padding": (padded, "info", "set to -1024"),
}


@pytest.mark.parametrize("code", CASES)
def test_finding(code, tmp_path):
    damage, severity, text = CASES[code]
    write_chest(tmp_path / "chest")
    assert codes(tmp_path / "chest") == {}
    damage(tmp_path / "chest")
    found = codes(tmp_path / "chest")
    assert code in found
    assert found[code].severity == severity
    assert re.search(text, found[code].text)
    assert "Canary" not in repr(found)
    assert set(found) - {code} <= {"mixed-rescale"}  # which some of the changes bring with them


def test_a_doubled_intercept_is_implausible(tmp_path):
    write_chest(tmp_path / "chest")
    doubled(tmp_path / "chest")
    assert "implausible-hu" in codes(tmp_path / "chest")


def test_duplicates_and_gaps_still_give_the_volume(tmp_path):
    volume = write_chest(tmp_path)
    twice(tmp_path)
    (tmp_path / "010.dcm").unlink()
    series = read_series(sorted(tmp_path.iterdir()))
    np.testing.assert_array_equal(series.volume.voxels, np.delete(volume, 10, axis=0))
    assert series.volume.spacing[0] == pytest.approx(2.5 * (N - 1) / (N - 2))


def test_tilt_is_kept_in_the_affine(tmp_path):
    volume = write_chest(tmp_path)
    tilted(tmp_path)
    series = read_series(sorted(tmp_path.iterdir()))
    np.testing.assert_array_equal(series.volume.voxels, volume)
    np.testing.assert_allclose(series.volume.affine[:3, 0], [0, 0.05, 2.5], atol=1e-9)


def test_padding_above_the_range_becomes_air_and_tissue_stays(tmp_path):
    pixels = np.full((4, 4), 40, np.int16)
    pixels[0] = 32000
    for z in range(2):
        write_slice(tmp_path / f"{z}.dcm", pixels, (0, 0, z), PixelPaddingValue=32000)
    assert read_series(sorted(tmp_path.iterdir())).volume.voxels[0, :, 0].tolist() == [
        -1024,
        40,
        40,
        40,
    ]
    for z in range(2):
        change(tmp_path / f"{z}.dcm", PixelPaddingValue=40)
    assert read_series(sorted(tmp_path.iterdir())).volume.voxels[0, 1, 0] == 40


@pytest.mark.parametrize("declared", [False, True])
def test_values_above_16_bits_are_refused_unless_they_are_padding(declared, tmp_path):
    pixels = np.full((4, 4), 40, np.int16)
    pixels[0] = 32000
    tags = {"PixelPaddingValue": 32000} if declared else {}
    for z in range(2):
        write_slice(tmp_path / f"{z}.dcm", pixels, (0, 0, z), RescaleIntercept=1000, **tags)
    if declared:
        voxels = read_series(sorted(tmp_path.iterdir())).volume.voxels
        assert voxels[0, :, 0].tolist() == [-1024, 1040, 1040, 1040]
    else:
        with pytest.raises(DataError, match="values up to 33000 are not HU"):
            read_series(sorted(tmp_path.iterdir()))


def test_header_values_are_tamed(tmp_path):
    write_chest(
        tmp_path,
        PatientSex="Canary",
        Manufacturer="<b>ACME</b>",
        ManufacturerModelName="X" * 60 + "Y" * 40,
    )
    header = read_series(sorted(tmp_path.iterdir())).header
    assert header["sex"] == ""
    assert "<" not in header["scanner"]
    assert len(header["scanner"]) <= 64


def test_only_sex_is_kept_of_what_the_standard_removes():
    from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
    from pydicom.tag import Tag

    from lungseg.dicom.header import KEPT

    removed = {Tag(tag) for tag in table.ALL_TAGS if len(tag) == 2}
    assert Tag("PatientName") in removed
    # SyntheticData by tag: dictionaries older than the attribute do not know the word.
    tags = {k: Tag(0x0008001C) if k == "SyntheticData" else Tag(k) for k in KEPT}
    assert {keyword for keyword, tag in tags.items() if tag in removed} == {"PatientSex"}


CLAIM = "{} (though it claims to be de-identified)"


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"PatientName": "Canary^Bird"}, ["PatientName"]),
        (
            {"PatientName": "Canary", "PatientBirthDate": "19500203"},
            ["PatientBirthDate", "PatientName"],
        ),
        ({"PatientName": "Canary", "PatientID": "Canary"}, []),
        ({"PatientName": "LUNG1-007", "PatientID": "LUNG1-007"}, []),
        ({"PatientName": "LUNG1-007", "PatientID": "007", "StudyDate": "20000101"}, []),
        ({"PatientName": "Anonymous^", "PatientID": "P1", "PatientBirthDate": ""}, []),
        ({"PatientName": "", "PatientID": "P1"}, []),
    ],
)
def test_a_claim_of_deidentification_is_checked_against_names_and_birth_date(tags, told, tmp_path):
    write_chest(tmp_path / "chest", PatientIdentityRemoved="YES", **tags)
    found = codes(tmp_path / "chest")
    assert ("identifiers" in found) == bool(told)
    if told:
        listed = ", ".join(CLAIM.format(keyword) for keyword in told)
        assert found["identifiers"].text == (
            f"the files contain {listed}; only DICOM masks of predict take them over"
        )
        assert found["identifiers"].severity == "warning"
