"""``lungseg evaluate predictions=DIR data=…``: masks that others made, scored as a run's are."""

import csv
import json
import logging

import numpy as np
import pytest
import SimpleITK
from sklearn.metrics import average_precision_score

from lungseg.cli import main
from lungseg.data.store import open_arrays
from tests.apps.masks_of_others import affine_of, dice_by_itk, prepared
from tests.dicom.write_seg import write_seg
from tests.sources.image_files import write_nifti, write_nrrd

NAMES = ["Case_000", "Case_001", "Case_002"]
SPLIT = ("split=explicit", f"split.test=[{','.join(NAMES)}]")


@pytest.fixture(scope="module")
def cohort(phantom_root, tmp_path_factory):
    """The twelve cases, prepared; masks of three are made worse in ways that are known."""
    folder = tmp_path_factory.mktemp("prepared")
    return prepared(phantom_root, folder)


@pytest.fixture
def evaluate(cohort, tmp_path, monkeypatch, capfd):
    """Run the command on masks in a folder; give the run folder and what was printed."""
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]

    def run(*words, folder="run", code=0):
        data = ("data=lctsc", f"data.store={cohort.store}", "report=false")
        words = ("evaluate", "predictions=masks", *data, f"hydra.run.dir={folder}", *words)
        assert main(list(words)) == code
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return tmp_path / folder, out + err

    yield run
    logging.getLogger().handlers[:] = handlers


def reference(cohort, name):
    return open_arrays(cohort.store, name)[1][:] > 0


def worse(mask):
    """Another mask: shifted along x, and without its lowest slice."""
    moved = np.roll(mask, 2, axis=2)
    moved[np.flatnonzero(mask.any(axis=(1, 2)))[0]] = False
    return moved


def rows(file):
    with file.open() as opened:
        return list(csv.DictReader(opened))


def write_three(cohort, phantom_root, folder):
    """Each in another format: by nibabel front first, by highdicom, by NumPy."""
    masks = {name: worse(reference(cohort, name)) for name in NAMES}
    write_nifti(
        folder / "nnunet_Case_000.nii.gz",
        masks["Case_000"].astype(np.uint8),
        affine_of(cohort, "Case_000"),
        move=((1, 2, 0), (1, 0, 1)),
    )
    files = sorted((phantom_root / "Images" / "Case_001").iterdir())
    (folder / "Case_001" / "x").mkdir(parents=True)
    lungs = {"Lungs": masks["Case_001"].astype(np.uint8)}
    write_seg(folder / "Case_001" / "x" / "1", lungs, affine_of(cohort, "Case_001"), files)
    np.savez(folder / "Case_002.npz", mask=masks["Case_002"])
    return masks


def test_scored_as_others_would(cohort, phantom_root, evaluate, tmp_path):
    masks = write_three(cohort, phantom_root, tmp_path / "masks")
    write_nifti(tmp_path / "masks" / "Meier.nii", masks["Case_000"].astype(np.uint8), np.eye(4))
    folder, said = evaluate(*SPLIT)
    cases = {row["case"]: row for row in rows(folder / "evaluation" / "cases.csv")}
    assert list(cases) == NAMES
    slices = rows(folder / "evaluation" / "slices.csv")
    for name, mask in masks.items():
        expected = dice_by_itk(mask, reference(cohort, name))
        assert 0.3 < expected < 0.95
        assert float(cases[name]["dsc"]) == pytest.approx(expected, abs=1e-12)
        found = [
            [int(row[key]) for key in ("tp", "fp", "fn")] for row in slices if row["case"] == name
        ]
        for counts, one, actual in zip(found, mask, reference(cohort, name), strict=True):
            assert counts == [(one & actual).sum(), (one & ~actual).sum(), (~one & actual).sum()]
        assert 0 < float(cases[name]["left_dsc"]) < 1
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())
    assert list(summary) == ["test"]
    assert summary["test"]["pr_auc"] == {"value": None, "n": 0}
    assert summary["test"]["threshold"] is None
    assert (folder / "evaluation" / "pr_curve.csv").read_text() == "threshold,precision,recall\n"
    assert json.loads((folder / "status.json").read_text())["state"] == "completed"
    split = json.loads((folder / "split.json").read_text())
    assert split["sets"]["test"] == NAMES
    noted = json.loads((folder / "provenance.json").read_text())
    assert noted["cohort_sha256"] == cohort.sha256
    assert list(noted["predictions"]["masks_sha256"]) == NAMES
    assert noted["predictions"]["files_of_no_case"] == 1
    assert "files of no case: Meier.nii" in said
    assert "The masks have no probabilities" in said
    for file in folder.rglob("*"):
        assert not file.is_file() or b"Meier" not in file.read_bytes(), file


def test_probabilities(cohort, evaluate, tmp_path):
    """Curves are scikit-learn's; the threshold decides as it does for a model."""
    rng = np.random.default_rng(0)
    (tmp_path / "masks").mkdir()
    truth, scores = [], []
    for name in NAMES:
        actual = reference(cohort, name)
        probability = np.clip(rng.normal(np.where(actual, 0.7, 0.2), 0.15), 0, 1)
        np.savez(tmp_path / "masks" / f"{name}.npz", mask=probability)
        truth.append(actual.ravel())
        scores.append(probability.ravel())
    folder, said = evaluate(*SPLIT, "metrics.threshold=0.6")
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())["test"]
    expected = average_precision_score(np.concatenate(truth), np.concatenate(scores))
    assert summary["pr_auc"]["value"] == pytest.approx(expected, abs=1e-4)
    assert summary["threshold"] == 0.6
    for row, actual, probability in zip(
        rows(folder / "evaluation" / "cases.csv"), truth, scores, strict=True
    ):
        counts = np.count_nonzero(actual & (probability.astype(np.float32) >= 0.6))
        assert int(row["tp"]) == counts
    assert "no curves" not in said
    # One mask among them: a curve of the others would be taken for that of all.
    np.savez(tmp_path / "masks" / "Case_001.npz", mask=reference(cohort, "Case_001"))
    folder, said = evaluate(*SPLIT, folder="mixed")
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())["test"]
    assert summary["pr_auc"]["value"] is None
    assert summary["threshold"] == 0.5
    assert "Not all masks have probabilities" in said


def test_a_missing_mask_is_refused_or_the_worst(cohort, phantom_root, evaluate, tmp_path):
    write_three(cohort, phantom_root, tmp_path / "masks")
    (tmp_path / "masks" / "Case_002.npz").unlink()
    _, said = evaluate(*SPLIT, code=1)
    (line,) = [line for line in said.splitlines() if "error" in line]
    assert "no mask for Case_002 (1 of 3 cases)" in line
    assert "predictions.missing=empty" in line
    assert not (tmp_path / "run").exists()
    folder, said = evaluate(*SPLIT, "predictions.missing=empty")
    row = rows(folder / "evaluation" / "cases.csv")[2]
    assert (row["case"], row["dsc"], row["missed"]) == ("Case_002", "0.0", "1")
    assert row["hd95_mm"] == row["farthest_mm"]
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())["test"]
    assert summary["volume_dsc_mean"]["n"] == 3
    assert summary["volume_dsc_mean"]["n_missed"] == 1
    assert "There is no mask of Case_002: scored as if nothing was found" in said


def test_another_grid_is_refused_or_resampled(cohort, evaluate, tmp_path):
    """Each slice as two thin ones: the nearest is half of one."""
    for name in NAMES:
        affine = affine_of(cohort, name).copy()
        fine = np.repeat(reference(cohort, name), 2, axis=0).astype(np.uint8)
        affine[:3, 3] -= affine[:3, 0] / 4
        affine[:3, 0] /= 2
        write_nrrd(tmp_path / "masks" / f"{name}.nrrd", fine, affine)
    _, said = evaluate(*SPLIT, code=1)
    assert "Case_000: the mask: its grid is not the image's" in said
    assert "predictions.resample=true resamples it" in said
    folder, said = evaluate(*SPLIT, "predictions.resample=true")
    assert [row["dsc"] for row in rows(folder / "evaluation" / "cases.csv")] == ["1.0"] * 3
    assert "Masks of Case_000, Case_001, Case_002 were on another grid" in said
    noted = json.loads((folder / "provenance.json").read_text())["predictions"]
    assert noted["resampled"] == NAMES


def test_a_mirrored_mask_is_scored_as_it_lies_and_told(cohort, evaluate, tmp_path):
    for name in NAMES:
        mirrored = reference(cohort, name)[:, ::-1].astype(np.uint8)
        write_nifti(tmp_path / "masks" / f"{name}.nii", mirrored, affine_of(cohort, name))
    folder, said = evaluate(*SPLIT)
    for row in rows(folder / "evaluation" / "cases.csv"):
        actual = reference(cohort, row["case"])
        assert float(row["dsc"]) == pytest.approx(dice_by_itk(actual[:, ::-1], actual))
    told = [row["case"] for row in rows(folder / "evaluation" / "cases.csv")
            if f"{row['case']}: the mask lies elsewhere: flipped front to back" in said]  # fmt: skip
    low = [
        row["case"] for row in rows(folder / "evaluation" / "cases.csv") if float(row["dsc"]) <= 0.9
    ]
    assert told == low


def test_labels(cohort, evaluate, tmp_path):
    for name in NAMES:
        labels = reference(cohort, name) * np.uint8(20)
        labels[0, 0, 0] = 7
        write_nifti(tmp_path / "masks" / f"{name}.nii", labels, affine_of(cohort, name))
    _, said = evaluate(*SPLIT, code=1)
    assert "Case_000: the mask: its values are 0, 7, 20: which of them are lung" in said
    folder, _ = evaluate(*SPLIT, "predictions.labels=[20]")
    assert [row["dsc"] for row in rows(folder / "evaluation" / "cases.csv")] == ["1.0"] * 3


REFUSED = {
    "no such folder": ("predictions=gone data=lctsc", "predictions: no such folder with masks"),
    "no data": ("predictions=.", "data: must be given with predictions"),
    "a run too": ("predictions=. data=lctsc run=a", "run: goes with a model"),
    "a checkpoint too": ("predictions=. data=lctsc ckpt=a", "ckpt: goes with a model"),
    "lungs alone": ("predictions=. data=lctsc postprocess=lungs", "postprocess: goes with a model"),
    "a split of a run": ("run=a split=fraction", "split: goes with model=[…] or predictions=DIR"),
    "missing": ("predictions=. data=lctsc predictions.missing=drop", "must be error or empty"),
    "resample": ("predictions=. data=lctsc predictions.resample=1", "must be true or false"),
    "labels": ("predictions=. data=lctsc predictions.labels=[0]", "must be values above 0"),
    "threshold": ("predictions=. data=lctsc metrics.threshold=2", "metrics.threshold=2"),
    "nothing": ("report=false", "or predictions=DIR, with data"),
}


@pytest.mark.parametrize(("words", "line"), REFUSED.values(), ids=REFUSED)
def test_refused(words, line, refused):
    assert line in refused("evaluate", *words.split())


@pytest.mark.parametrize(
    ("files", "words", "line"),
    [
        ([], [], "predictions: no mask in this folder: .nii.gz"),
        (["notes.txt"], [], "predictions: no mask in this folder: .nii.gz"),
        (["Meier.nii"], [], "predictions: none of 1 file(s) with masks fits a case by its name"),
        (["Case_000.nii"], ["metrics.subgroups=[age]"], "no covariate 'age'; there are sex"),
    ],
)
def test_refused_before_anything_is_prepared(files, words, line, phantom_root, refused, tmp_path):
    (tmp_path / "masks").mkdir()
    for name in files:
        (tmp_path / "masks" / name).touch()
    data = ("data=lctsc", f"data.root={phantom_root}", "data.store=new")
    assert line in refused("evaluate", "predictions=masks", *data, *words)
    assert not (tmp_path / "new").exists()


@pytest.mark.realdata
def test_a_real_chest(realdata, tmp_path, monkeypatch, capfd):
    """Written by SimpleITK in another orientation, moved by two voxels to the left."""
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]
    chest = SimpleITK.ReadImage(str(realdata / "cip_ct64" / "wholeLung-64.nrrd"))
    chest = SimpleITK.DICOMOrient(chest, "LPS")
    lung = SimpleITK.Cast(chest != 0, SimpleITK.sitkUInt8)
    moved = SimpleITK.Paste(lung * 0, lung, [62, 64, 79], [0, 0, 0], [2, 0, 0])
    (tmp_path / "masks").mkdir()
    SimpleITK.WriteImage(SimpleITK.DICOMOrient(moved, "SAR"), "masks/64.nii.gz")
    values = np.unique(SimpleITK.GetArrayFromImage(chest))[1:].tolist()
    files = ("data.images=ct-{case}.nrrd", "data.masks=wholeLung-{case}.nrrd")
    data = ("data=nifti", f"data.root={realdata / 'cip_ct64'}", *files, f"data.labels={values}")
    words = (*data, "predictions=masks", "report=false", "hydra.run.dir=run")
    assert main(["evaluate", *words, "data.on_finding=warn"]) == 0, capfd.readouterr()
    logging.getLogger().handlers[:] = handlers
    (row,) = rows(tmp_path / "run" / "evaluation" / "cases.csv")
    expected = dice_by_itk(*(SimpleITK.GetArrayFromImage(mask) for mask in (moved, lung)))
    assert 0.7 < expected < 0.99
    assert float(row["dsc"]) == pytest.approx(expected, abs=1e-12)
