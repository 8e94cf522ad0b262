"""Patients are known again in other cohorts by digests that tell nothing without the key."""

import json
import multiprocessing
import os
import stat

import pydicom
import pytest

from lungseg.data.cohort import open_cohort
from lungseg.data.digests import PatientDigests, comparable, key_file, make_digests, read_key
from lungseg.data.prepare import prepare
from lungseg.data.rules import Rules
from lungseg.errors import ConfigError
from lungseg.sources.lctsc import LctscFolder

KEY, OTHER = b"k" * 32, b"o" * 32


def as_patient(folder, patient, **elements):
    """Make a case's slices a real patient's."""
    for file in folder.iterdir():
        dataset = pydicom.dcmread(file)
        dataset.PatientID = patient
        del dataset[0x0008001C]  # Synthetic Data
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
        dataset.save_as(file)


@pytest.fixture
def patients(three_cases):
    """Three cases, of which the last is synthetic still."""
    as_patient(three_cases / "Images" / "Case_000", "4711-CANARY", PatientName="Canary^Anna")
    as_patient(three_cases / "Images" / "Case_001", "0815-CANARY")
    return three_cases


def prepared(root, store, key, **rules):
    read, said = [], []

    def track(names):
        read.extend(names)
        return names

    cohort = prepare(
        LctscFolder(root),
        store,
        rules=Rules(patient_key=key, **rules),
        track=track,
        say=said.append,
    )
    return cohort, read, said


def test_digests_are_equal_for_equal_patients_and_keys_only():
    one = make_digests({"a": {"PatientID 1", "UID 1.2"}, "b": "PatientID 2"}, KEY)
    two = make_digests({"x": ["PatientID 1"], "y": ["UID 1.2"]}, KEY)
    assert set(one.cases["a"]) == {*two.cases["x"], *two.cases["y"]}
    assert one.cases["b"][0] not in one.cases["a"]
    assert one.key == two.key
    other = make_digests({"a": {"PatientID 1", "UID 1.2"}}, OTHER)
    assert not set(other.cases["a"]) & set(one.cases["a"])
    assert other.key != one.key
    assert one.made_with(KEY)
    assert not one.made_with(OTHER)
    assert all(len(digest) == 64 for own in one.cases.values() for digest in own)


def test_only_keys_that_mean_the_same_everywhere_are_compared():
    assert comparable({"PatientID 1", "person a b 19700101", "UID 1.2", "subject_7", ""}) == [
        "PatientID 1", "UID 1.2", "person a b 19700101"
    ]  # fmt: skip
    assert comparable("folder") == []
    assert make_digests({"a": "folder", "b": ""}, KEY) == PatientDigests(None, {})


def test_the_key_is_made_at_first_use_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    file = key_file("default", "outputs")
    assert file == tmp_path / "config" / "lungseg" / "patient.key"
    said = []
    key = read_key(file, said.append)
    assert len(key) == 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert read_key(file, said.append) == key
    assert [path.name for path in file.parent.iterdir()] == ["patient.key"]
    assert said == []
    for place in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", place)
        monkeypatch.setenv("HOME", str(tmp_path))
        assert key_file("default", "outputs") == tmp_path / ".config/lungseg/patient.key"
    assert key_file(None, "outputs") is None


def _first_use(file):
    return read_key(file, print)


def test_first_uses_at_the_same_time_get_the_same_key(tmp_path):
    with multiprocessing.get_context("fork").Pool(8) as pool:
        keys = pool.map(_first_use, [tmp_path / "new" / "patient.key"] * 8, chunksize=1)
    assert len(set(keys)) == 1
    assert keys[0]


def test_the_key_is_never_kept_with_the_results(tmp_path):
    with pytest.raises(ConfigError, match="data.patient_key: must lie outside outputs"):
        key_file(str(tmp_path / "outputs" / "key"), str(tmp_path / "outputs"))


@pytest.mark.parametrize("reason", ["short", "folder in the way"])
def test_a_key_that_cannot_be_read_or_made_is_reported_and_nothing_else(patients, tmp_path, reason):
    key = tmp_path / "key"
    if reason == "short":
        key.write_text("short")
    else:
        key.write_text("a file")
        key = key / "patient.key"
    cohort, _, said = prepared(patients, tmp_path / "store", key)
    assert cohort.patient_digests is None
    assert all("data.patient_key: no key could be read or made" in line for line in said)
    assert said
    assert str(tmp_path) not in "".join(said)


def test_a_user_without_a_home_folder_is_told_only_when_the_key_is_needed(monkeypatch, tmp_path):
    """As in a container that runs under any number."""
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda uid: {}[uid])
    monkeypatch.chdir(tmp_path)
    said = []
    assert read_key(key_file("default", "outputs"), said.append) is None
    (line,) = said
    assert "no key could be read or made (this user has no home folder)" in line
    assert list(tmp_path.iterdir()) == []


def test_a_store_has_digests_of_its_patients_and_nothing_identifying(patients, tmp_path):
    key = tmp_path / "config" / "patient.key"
    cohort, _, _ = prepared(patients, tmp_path / "store", key)
    assert list(cohort.patient_digests.cases) == ["Case_000", "Case_001"]
    assert open_cohort(cohort.store).patient_digests == cohort.patient_digests
    secret = key.read_text()
    for file in (tmp_path / "store").rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        for needle in ("CANARY", "Canary", secret):
            assert needle.encode() not in content


def test_synthetic_cases_have_none_and_need_no_key(three_cases, tmp_path):
    key = tmp_path / "config" / "patient.key"
    cohort, _, _ = prepared(three_cases, tmp_path / "store", key)
    assert not key.exists()
    assert "patient_digests" not in json.loads((tmp_path / "store" / "cohort.json").read_text())
    assert cohort.patient_digests is None or not cohort.patient_digests.cases


@pytest.mark.parametrize("rules", [{"patients": "case"}, {}])
def test_they_can_be_switched_off(patients, tmp_path, rules):
    key = tmp_path / "patient.key" if rules else None
    cohort, _, _ = prepared(patients, tmp_path / "store", key, **rules)
    assert cohort.patient_digests is None
    assert not (tmp_path / "patient.key").exists()


def test_an_old_store_gets_them_without_reading_a_case_again(patients, tmp_path):
    old, read, _ = prepared(patients, tmp_path / "store", None)
    assert len(read) == 3
    key = tmp_path / "patient.key"
    new, read, _ = prepared(patients, tmp_path / "store", key)
    assert read == []
    assert new.patient_digests.cases
    assert new.sha256 == old.sha256
    # Once there, they are not made again; another key makes others.
    before = (tmp_path / "store" / "cohort.json").stat().st_mtime_ns
    again, _, _ = prepared(patients, tmp_path / "store", key)
    assert again == new
    assert (tmp_path / "store" / "cohort.json").stat().st_mtime_ns == before
    other, read, _ = prepared(patients, tmp_path / "store", tmp_path / "other.key")
    assert read == []
    assert other.patient_digests.key != new.patient_digests.key


def test_a_store_that_cannot_be_written_is_used_as_it_is(patients, tmp_path, monkeypatch):
    prepared(patients, tmp_path / "store", None)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    cohort, read, _ = prepared(patients, tmp_path / "store", tmp_path / "patient.key")
    assert (cohort.patient_digests, read) == (None, [])
