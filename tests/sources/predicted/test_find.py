"""Which file is the mask of which case."""

import json

import pytest

from lungseg.errors import ConfigError, DataError
from lungseg.sources.lungs import LungNames
from lungseg.sources.predicted.case_names import CaseNames
from lungseg.sources.predicted.find import find_masks
from lungseg.sources.predicted.rules import MaskRules

IMAGES = {"Case_1": "a" * 64, "Case_10": "b" * 64, "Case_2": "c" * 64}
LUNGS = LungNames(left=["lung_(upper|lower)_lobe_left"], right=["lung_right"], both=["lungs?"])


def touch(folder, *names):
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"not read by this")


def found(folder, images=IMAGES, **rules):
    masks = find_masks(folder, images, MaskRules(LUNGS, **rules))
    return {
        case: [str(file.relative_to(folder)) for file in files]
        for case, files in masks.by_case.items()
    }, [str(file.relative_to(folder)) for file in masks.strangers]


@pytest.mark.parametrize(
    ("text", "cases"),
    [
        ("Case_1", ["Case_1"]),
        ("Case_10", ["Case_10"]),
        ("Case_100", []),
        ("xCase_1", []),
        ("case_1", []),
        ("nnunet_Case_10_v2", ["Case_10"]),
        ("Case_1-Case_2", ["Case_1", "Case_2"]),
        ("Case_1.Case_1", ["Case_1"]),
    ],
)
def test_names_within_names(text, cases):
    assert CaseNames(IMAGES).within(text) == cases


def test_a_name_that_contains_another_one():
    assert CaseNames(["3", "3_2"]).within("3_2") == ["3_2"]
    assert CaseNames(["3", "3_2"]).within("mask_3_2_seg") == ["3_2"]


def test_by_the_file_or_else_the_nearest_folder(tmp_path):
    touch(tmp_path, "Case_1.nii.gz", "deep/Case_10/x/lung.nrrd", "Case_10/Case_2_seg.npz")
    touch(tmp_path, "Case_3.nii", "Case_2/.hidden.nii", "Case_2/notes.txt", "a.zarr/Case_2.nii")
    assert found(tmp_path) == (
        {
            "Case_1": ["Case_1.nii.gz"],
            "Case_10": ["deep/Case_10/x/lung.nrrd"],
            "Case_2": ["Case_10/Case_2_seg.npz"],
        },
        ["Case_3.nii"],
    )


def test_two_masks_of_a_case_are_refused_with_both_names(tmp_path):
    touch(tmp_path, "Case_1.nii.gz", "Case_1.nrrd", "Case_2.nii")
    with pytest.raises(DataError, match="Case_1: 2 masks fit it by name") as info:
        find_masks(tmp_path, IMAGES, MaskRules(LUNGS))
    assert info.value.path == "Case_1.nii.gz and Case_1.nrrd"  # for the screen alone
    assert ".nii" not in str(info.value)


def test_a_file_that_fits_two_cases_is_refused(tmp_path):
    touch(tmp_path, "Case_1_and_Case_2.nii")
    with pytest.raises(DataError, match="a file fits Case_1, Case_2 by its name"):
        find_masks(tmp_path, IMAGES, MaskRules(LUNGS))


def test_a_file_for_each_lung(tmp_path):
    names = ("lung_right", "lung_upper_lobe_left", "lung_lower_lobe_left")
    touch(tmp_path, *(f"Case_1/seg/{name}.nii.gz" for name in (*names, "heart")))
    assert {*found(tmp_path)[0]["Case_1"]} == {f"Case_1/seg/{name}.nii.gz" for name in names}


def test_what_predict_wrote_is_known_by_its_image(tmp_path):
    """The folder is called by a pseudonym; of several formats the voxels are taken."""
    touch(tmp_path, *(f"scan-7/lungs.{end}" for end in ("npz", "nii.gz", "nrrd")))
    touch(tmp_path, "Case_2/lungs.npz")
    for folder, image in (("scan-7", "b"), ("Case_2", "of no case")):
        (tmp_path / folder / "prediction.json").write_text(json.dumps({"image_sha256": image * 64}))
    assert found(tmp_path)[0] == {
        "Case_10": ["scan-7/lungs.nii.gz"],
        "Case_2": ["Case_2/lungs.npz"],
    }
    twins = {"Case_1": "b" * 64, "Case_10": "b" * 64, "Case_2": "c" * 64}
    assert found(tmp_path, twins) == (
        {"Case_2": ["Case_2/lungs.npz"]},
        [f"scan-7/lungs.{end}" for end in ("nii.gz", "npz", "nrrd")],
    )


def test_a_case_that_predict_knew_from_the_training_is_told(tmp_path):
    touch(tmp_path, "a/lungs.npz", "b/lungs.npz")
    for folder, image, code in (("a", "b", "seen-in-train"), ("b", "c", "seen-in-test")):
        record = {"image_sha256": image * 64, "findings": [{"code": code}]}
        (tmp_path / folder / "prediction.json").write_text(json.dumps(record))
    images = {"Case_1": "b" * 64, "Case_2": "c" * 64}
    assert find_masks(tmp_path, images, MaskRules(LUNGS)).seen == {"Case_1"}


def test_nothing_fits(tmp_path):
    with pytest.raises(DataError, match="no such folder with masks"):
        find_masks(tmp_path / "a", IMAGES, MaskRules(LUNGS))
    touch(tmp_path, "Meier.nii")
    with pytest.raises(DataError, match=r"none of 1 file\(s\).*Case_1, Case_10, Case_2") as info:
        find_masks(tmp_path, IMAGES, MaskRules(LUNGS))
    assert "Meier" not in str(info.value)


def test_structures_that_were_named_are_taken_of_one_file_per_structure(tmp_path):
    touch(tmp_path, "Case_1/heart.nii.gz", "Case_1/lung_right.nii.gz", "Case_1/Trachea.nii.gz")
    taken, _ = found(tmp_path, structures=("heart", "trachea"))
    assert sorted(taken["Case_1"]) == ["Case_1/Trachea.nii.gz", "Case_1/heart.nii.gz"]
    assert found(tmp_path)[0] == {"Case_1": ["Case_1/lung_right.nii.gz"]}
    with pytest.raises(DataError, match=r"3 masks fit .*: predictions.labels=\[NAME\]"):
        found(tmp_path, structures=("liver",))


def test_values_choose_within_a_file_and_not_among_files(tmp_path):
    touch(tmp_path, "Case_1/lung_right.nii.gz", "Case_1/lungs.nii.gz")
    with pytest.raises(ConfigError, match="predictions.labels: Case_1 has a file for each") as line:
        found(tmp_path, values=(1,))
    assert str(line.value).endswith("files are chosen by name: predictions.labels=[NAME]")
    touch(tmp_path / "one", "Case_1/lungs.nii.gz", "Case_1/heart.nii.gz")
    assert found(tmp_path / "one", values=(1,))[0] == {"Case_1": ["Case_1/lungs.nii.gz"]}
