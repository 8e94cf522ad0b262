"""Numbers stay with their folders when others are added, and only the user's list links them."""

import hashlib
import json
import os
import shutil

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lungseg.errors import ConfigError
from lungseg.sources.numbering import check_list, numbered, read_list, write_list
from lungseg.sources.tcia import TciaFolder
from tests.sources.encoded_case import LUNGS
from tests.sources.tree import write_patient


@given(
    st.lists(st.integers(0, 30), unique=True, min_size=1),
    st.lists(st.integers(0, 30), unique=True),
    st.booleans(),
)
def test_numbers_stay_when_folders_come_and_go(first, then, licence):
    def folders(which):
        # In each folder, a file that all have may be among those looked at.
        common = ["licence"] if licence else []
        return {f"f{k}": [*common, *(f"{k}-{i}" for i in range(2))] for k in which}

    before = numbered(folders(first), {}, {})
    assert [*before] == [f"Case_{k:03d}" for k in range(1, len(first) + 1)]
    known = {name: folders(first)[folder] for name, folder in before.items()}
    after = numbered(folders(then), known, {})
    assert sorted(after.values()) == sorted(f"f{k}" for k in then)
    for name, folder in after.items():
        # A number that went is not given to another folder.
        assert before.get(name, folder) == folder
        assert name in before or folder not in before.values()


def test_a_folder_keeps_its_number_when_one_of_its_files_changes():
    before = {"Case_001": ["a", "b", "c"], "Case_002": ["d", "e", "f"]}
    folders = {"new": ["x"], "second": ["d", "e", "g"], "first": ["a", "h", "c"]}
    assert numbered(folders, before, {}) == {
        "Case_001": "first", "Case_002": "second", "Case_003": "new"
    }  # fmt: skip


def test_copies_of_a_folder_do_not_move_the_others():
    before = {"Case_001": ["a", "b"], "Case_002": ["c", "d"]}
    copied = {"first": ["a", "b"], "first again": ["a", "b"], "second": ["c", "d"]}
    expected = {"Case_001": "first", "Case_002": "second", "Case_003": "first again"}
    assert numbered(copied, before, {}) == expected
    after = {name: copied[folder] for name, folder in expected.items()}
    assert numbered(copied, after, {}) == expected


def test_folders_whose_files_are_alike_in_name_size_and_time(phantom_root, tmp_path):
    """As in archives that write the same time everywhere."""
    from lungseg.data.prepare import prepare
    from lungseg.data.rules import Rules
    from lungseg.data.store import open_arrays

    for case, name in (("Case_001", "A"), ("Case_004", "B"), ("Case_002", "C")):
        write_patient(tmp_path / "data", phantom_root, case, name, "rtstruct")
    files = [file for file in (tmp_path / "data").rglob("*") if file.is_file()]
    size = max(file.stat().st_size for file in files)
    for file in files:
        if file.name == "1-1.dcm":
            file.write_bytes(file.read_bytes() + bytes(size - file.stat().st_size))
        os.utime(file, (315532800, 315532800))
    seen = []
    for _ in range(3):
        made = TciaFolder(tmp_path / "data", cases="number", series="largest", lungs=LUNGS)
        cohort = prepare(made, tmp_path / "store", rules=Rules({"error": "warn"}))
        seen.append({
            name: hashlib.sha256(open_arrays(tmp_path / "store", name)[0][:]).hexdigest()
            for name in cohort.names
        })  # fmt: skip
    assert [*seen[0]] == ["Case_001", "Case_002", "Case_003"]
    assert len({*seen[0].values()}) == 3
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize("cases", ["folder", "number", "patient"])
def test_in_several_processes(cases, phantom_root, tmp_path):
    from lungseg.data.parallel import Parallel
    from lungseg.data.prepare import prepare

    marked = {"PatientIdentityRemoved": "YES", "PatientName": "", "PatientBirthDate": ""}
    for case, name in (("Case_001", "A"), ("Case_004", "B")):
        write_patient(tmp_path / "data", phantom_root, case, name, "rtstruct", **marked)
    made = TciaFolder(tmp_path / "data", cases=cases, series="largest", lungs=LUNGS)
    assert len(prepare(made, tmp_path / "store", parallel=Parallel(2)).names) == 2


def test_the_list_comes_first(tmp_path):
    file = tmp_path / "numbers.csv"
    assert read_list(file) == {}
    write_list(file, {"Case_007": "b,with comma", "Case_001": "gone"})
    listed = read_list(file)
    assert numbered({"a": ["1"], "b,with comma": ["2"]}, {"Case_002": ["2"]}, listed) == {
        "Case_007": "b,with comma", "Case_008": "a"
    }  # fmt: skip
    for text in ("nothing", "case,folder\nCase_001,a,b\n", "case,folder\nx,a\n",
                 "case,folder\nCase_001,a\nCase_001,b\n"):  # fmt: skip
        file.write_text(text)
        with pytest.raises(ConfigError, match="^data.numbers: not a list"):
            read_list(file)


def test_the_list_must_be_outside_the_outputs(tmp_path):
    check_list(None, "outputs")
    check_list(str(tmp_path / "list.csv"), str(tmp_path / "outputs"))
    with pytest.raises(ConfigError, match="must be outside outputs"):
        check_list(str(tmp_path / "outputs" / "x" / "list.csv"), str(tmp_path / "outputs"))


@pytest.mark.slow
@pytest.mark.parametrize("listed", [False, True])
def test_prepare_by_numbers(listed, phantom_root, cli, tmp_path):
    """As a published set has them: folders named by PatientID and a shifted date."""
    root = tmp_path / "data"
    names = {"Case_001": "PHANTOM-001_20200101_CT", "Case_004": "PHANTOM-004_20210101_CT"}
    for case, name in names.items():
        write_patient(root, phantom_root, case, name, "rtstruct")
        # The images say that identity was removed, the structures do not.
        mask = next((root / name).rglob("1-1.dcm"))
        ds = pydicom.dcmread(mask)
        ds.PatientIdentityRemoved = ""
        ds.save_as(mask)
    asked = ["data.numbers=list.csv"] if listed else []
    command = ("prepare", "data=tcia", "data.root=data")
    assert "data.cases=number" in cli.refused(*command)
    assert "data.cases=number" in cli.refused(*command, "data.cases=patient")
    assert cli(*command, "data.cases=number", *asked).returncode == 0
    first = cohort(tmp_path)
    write_patient(root, phantom_root, "Case_002", "A first one of all", "rtstruct")
    (root / names["Case_004"] / "note.txt").touch()
    if listed:  # the list works without the store's record
        shutil.rmtree(tmp_path / "outputs")
    done = cli(*command, "data.cases=number", *asked)
    assert done.returncode == 0, done.stderr
    second = cohort(tmp_path)
    assert [*second] == ["Case_001", "Case_002", "Case_003"]
    assert {name: second[name] for name in first} == first
    written = [path for path in (tmp_path / "outputs").rglob("*") if path.is_file()]
    for word in (b"PHANTOM-00", b"20210101_CT", b"first one of all"):
        assert not [path for path in written if word in path.read_bytes()]
    assert (tmp_path / "list.csv").exists() == listed
    if listed:
        lines = (tmp_path / "list.csv").read_text().splitlines()
        assert lines == ["case,folder", *(f"{c},{f}" for c, f in zip(
            second, [*names.values(), "A first one of all"], strict=True))]  # fmt: skip


def cohort(folder):
    (file,) = folder.glob("outputs/prepared/*/cohort.json")
    return json.loads(file.read_text())["cases"]
