"""What the files beside images and masks say, worked by hand."""

import csv
import json
from pathlib import Path

import pytest

from lungseg.data.cohort import Cohort
from lungseg.data.datasets.contents import Contents
from lungseg.data.datasets.decathlon import MedicalDecathlon
from lungseg.data.datasets.nifti import PlainNifti
from lungseg.data.datasets.nnunet import NnUNet, splits
from lungseg.errors import ConfigError
from tests.splits.cohorts import plain

COHORT = plain(["a", "b", "c", "d e"])
TWO_FOLDS = [
    {"train": ["a", "b"], "test": ["c", "d e"]},
    {"train": ["c", "d e"], "test": ["a", "b"]},
]
ONE = [{"train": ["a", "b"], "val": ["c"], "test": ["d e"]}]
PATH = Path("Dataset501_Lungs")


def described(layout, folds, folder, cohort=COHORT):
    layout.describe(Contents(cohort, folds), folder)
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_nnunet_validates_each_fold_on_its_test_cases(tmp_path):
    files = described(NnUNet(), TWO_FOLDS, tmp_path)
    assert json.loads(files["splits_final.json"]) == [
        {"train": ["a", "b"], "val": ["c", "d_e"]}, {"train": ["c", "d_e"], "val": ["a", "b"]},
    ]  # fmt: skip
    about = json.loads(files["dataset.json"])
    assert about["labels"] == {"background": 0, "lung": 1}
    assert about["channel_names"] == {"0": "CT"}
    assert (about["file_ending"], about["numTraining"]) == (".nii.gz", 4)
    assert COHORT.sha256 in about["description"]


def test_nnunet_trains_on_the_validation_cases_of_a_fold_by_which_it_chooses_nothing():
    inner = [
        {"train": ["a"], "val": ["b"], "test": ["c", "d e"]},
        {"train": ["c"], "val": ["d e"], "test": ["a", "b"]},
    ]
    contents = Contents(COHORT, inner)
    assert splits(contents) == [
        {"train": ["a", "b"], "val": ["c", "d_e"]}, {"train": ["c", "d_e"], "val": ["a", "b"]},
    ]  # fmt: skip
    assert any("validation cases" in note for note in NnUNet().notes(contents, PATH))


def test_nnunet_never_validates_on_the_test_cases_of_a_single_split():
    assert splits(Contents(COHORT, ONE)) == [{"train": ["a", "b"], "val": ["c"]}]
    without = [{"train": ["a", "b"], "test": ["d e"]}]
    contents = Contents(COHORT, without)
    assert splits(contents) == [{"train": ["a", "b"], "val": ["a", "b"]}]
    assert any("no validation set" in note for note in NnUNet().notes(contents, PATH))
    assert (contents.learned, contents.held_out) == (["a", "b"], ["d e"])


@pytest.mark.parametrize(
    "name", ["Lungs", "Dataset1_Lungs", "Dataset0501_L", "Dataset501_", "Dataset501-L"]
)
def test_names_that_nnunet_does_not_find_are_refused(name, tmp_path):
    with pytest.raises(ConfigError, match="output=nnUNet_raw/Dataset501_Lungs"):
        NnUNet().check(tmp_path / name)
    NnUNet().check(tmp_path / "Dataset501_Lungs")


def test_decathlon_lists_training_validation_and_test(tmp_path):
    about = json.loads(described(MedicalDecathlon(), ONE, tmp_path)["dataset.json"])
    assert about["training"] == [
        {"image": f"./imagesTr/{name}.nii.gz", "label": f"./labelsTr/{name}.nii.gz"}
        for name in "ab"
    ]
    assert about["validation"] == [{"image": "./imagesTr/c.nii.gz", "label": "./labelsTr/c.nii.gz"}]
    assert about["test"] == ["./imagesTs/d_e.nii.gz"]
    assert (about["numTraining"], about["numTest"]) == (2, 1)
    assert about["labels"] == {"0": "background", "1": "lung"}
    assert about["modality"] == {"0": "CT"}


def test_decathlon_gives_each_case_the_fold_that_tests_it(tmp_path):
    about = json.loads(described(MedicalDecathlon(), TWO_FOLDS, tmp_path)["dataset.json"])
    folds = {entry["image"]: entry["fold"] for entry in about["training"]}
    assert folds == {
        f"./imagesTr/{name}.nii.gz": fold
        for name, fold in {"a": 1, "b": 1, "c": 0, "d_e": 0}.items()
    }
    assert (about["test"], about["numTest"]) == ([], 0)


def test_the_table_of_plain_files_has_each_case_in_each_fold(tmp_path):
    cohort = Cohort("", COHORT.cases, {"a": "a", "b": "a", "c": "d e", "d e": "d e"})
    files = described(PlainNifti(), TWO_FOLDS, tmp_path, cohort)
    rows = list(csv.DictReader(files["splits.csv"].splitlines()))
    assert {(row["case"], row["fold"]): row["set"] for row in rows} == {
        ("a", "0"): "train", ("b", "0"): "train", ("c", "0"): "test", ("d_e", "0"): "test",
        ("a", "1"): "test", ("b", "1"): "test", ("c", "1"): "train", ("d_e", "1"): "train",
    }  # fmt: skip
    assert {row["case"]: row["patient"] for row in rows} == {
        "a": "a",
        "b": "a",
        "c": "d_e",
        "d_e": "d_e",
    }


def test_cases_in_no_set_are_left_out(tmp_path):
    folds = [{"train": ["d e"], "test": ["b"]}]
    assert Contents(COHORT, folds).cases == ["b", "d e"]
    rows = described(PlainNifti(), folds, tmp_path)["splits.csv"].splitlines()
    assert rows == ["case,patient,fold,set", "b,b,0,test", "d_e,d_e,0,train"]
