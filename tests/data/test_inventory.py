"""Which cases belong to one patient, by their files."""

from lungseg.data.cohort import open_cohort
from lungseg.data.prepare import prepare
from lungseg.data.rules import Rules
from lungseg.sources.lctsc import LctscFolder
from tests.data.tampering import content, rewrite


def test_cases_of_one_patient_are_known(three_cases, tmp_path):
    rewrite(three_cases / "Images" / "Case_002", PatientID="PHANTOM-000")
    said = []
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store", say=said.append)
    assert cohort.patients == {
        "Case_000": "Case_000",
        "Case_001": "Case_001",
        "Case_002": "Case_000",
    }
    assert len(said) == 1
    assert "Case_000, Case_002: same patient" in said[0]
    assert open_cohort(tmp_path / "store").patients == cohort.patients
    assert b"PHANTOM-0" not in b"".join(content(tmp_path / "store").values())


def test_cases_without_an_id_are_patients_of_their_own(three_cases, tmp_path):
    for case in ("Case_000", "Case_001", "Case_002"):
        rewrite(three_cases / "Images" / case, PatientID="")
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store")
    assert len(set(cohort.patients.values())) == 3


def test_one_id_for_all_is_one_patient_unless_set_otherwise(three_cases, tmp_path):
    for case in ("Case_000", "Case_001", "Case_002"):
        rewrite(three_cases / "Images" / case, PatientID="ANONYMOUS")
    said = []
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store", say=said.append)
    assert set(cohort.patients.values()) == {"Case_000"}
    assert "no split can separate them" in said[0]
    told = prepare(LctscFolder(three_cases), tmp_path / "store", rules=Rules(patients="case"))
    assert len(set(told.patients.values())) == 3
