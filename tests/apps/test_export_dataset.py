"""``lungseg export dataset=…``: cases in, a data set of another program out."""

import csv
import json

import nibabel
import pytest

from lungseg.cli import main

SMALL = ("data=phantom", "data.size=32", "data.n_slices=12", "data.n_cases=4")
MODEL = "goes with run=RUN output=FILE.onnx"


def exported(capfd, *words):
    assert main(["export", *words]) == 0, capfd.readouterr().err
    return capfd.readouterr().out


def test_all_folds_for_nnunet(refused, capfd, tmp_path):
    words = ("dataset=nnunet", *SMALL, "split=kfold", "split.k=2", "output=raw/Dataset501_Lungs")
    printed = exported(capfd, *words)
    assert "4 cases and 2 folds: raw/Dataset501_Lungs" in printed
    assert "copy splits_final.json to nnUNet_preprocessed/Dataset501_Lungs/" in printed
    folder = tmp_path / "raw" / "Dataset501_Lungs"
    folds = json.loads((folder / "splits_final.json").read_text())
    (store,) = (tmp_path / "outputs" / "prepared").glob("*/cohort.json")
    names = sorted(json.loads(store.read_text())["cases"])
    assert sorted(name for fold in folds for name in fold["val"]) == names
    assert all(sorted(fold["train"] + fold["val"]) == names for fold in folds)
    for name in names:
        image = nibabel.load(folder / "imagesTr" / f"{name}_0000.nii.gz")
        mask = nibabel.load(folder / "labelsTr" / f"{name}.nii.gz")
        assert image.shape == mask.shape
        assert image.shape[:2] == (32, 32)
    assert "is there already" in refused("export", *words)


def test_the_sets_of_a_run_as_a_table(refused, capfd, tmp_path):
    (tmp_path / "split.json").write_text(
        json.dumps({"sets": {"train": ["Case_001"], "val": ["Case_003"], "test": ["Case_000"]},
                    "left_out": ["Case_002"]})
    )  # fmt: skip
    words = ("dataset=nifti", *SMALL, "split=file", "split.file=split.json", "output=out")
    printed = exported(capfd, *words)
    assert "left out, as in no set of the split: Case_002" in printed
    rows = csv.DictReader((tmp_path / "out" / "splits.csv").read_text().splitlines())
    assert {row["case"]: row["set"] for row in rows} == {
        "Case_000": "test", "Case_001": "train", "Case_003": "val",
    }  # fmt: skip
    assert len([*(tmp_path / "out" / "images").iterdir()]) == 3


REFUSED = {
    "another layout": (["dataset=bids"], "dataset=bids: must be nnunet, medical_decathlon, nifti"),
    "no cases": (["dataset=nifti"], "data: must be given with dataset"),
    "no split": (["dataset=nifti", "data=phantom"], "split: must be given with dataset"),
    "a run": (["dataset=nifti", "run=x", *SMALL, "split=kfold"], f"run: {MODEL}"),
    "int8": (["dataset=nifti", "precision=int8", *SMALL], f"precision: {MODEL}"),
    "a name": (["dataset=nnunet", *SMALL, "split=kfold"], "output=nnUNet_raw/Dataset501_Lungs"),
    "cases of a run": (["run=x", "data=phantom"], "data: goes with dataset=…"),
    "split of a run": (["run=x", "split=kfold"], "split: goes with dataset=…"),
    "a fold": (["dataset=nifti", *SMALL, "split=kfold", "split.k=9"], "more folds than patients"),
}


@pytest.mark.parametrize(("words", "line"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(words, line, refused, tmp_path):
    assert line in refused("export", *words, "output=out")
    assert not (tmp_path / "out").exists()
