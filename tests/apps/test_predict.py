"""``lungseg predict``: any folder of scans to one folder of masks each, and a page."""

import json
import os
import re
import shutil

import nibabel
import numpy as np
import pandas as pd
import pydicom
import pytest
import SimpleITK as sitk  # its usual name
import torch

from lungseg.cli import main
from lungseg.inference import work as working
from lungseg.inference.predictor import load
from tests.conftest import CLONE


@pytest.fixture(scope="module")
def scans(phantom_root, tmp_path_factory):
    """Two DICOM series in one folder and below another, a NIfTI copy, and what is no scan."""
    folder = tmp_path_factory.mktemp("input") / "scans"
    shutil.copytree(phantom_root / "Images" / "Case_008", folder / "a" / "deep")
    for file in (phantom_root / "Images" / "Case_009").iterdir():
        shutil.copy(file, folder / "a" / "deep" / f"other-{file.name}")
    series = sitk.ReadImage(
        sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(phantom_root / "Images" / "Case_010"))
    )
    sitk.WriteImage(series, folder / "copy.nii.gz")
    (folder / "notes.txt").write_text("no scan")
    return folder


@pytest.fixture
def predict(trained, tmp_path, monkeypatch, capfd):
    """Run the command, give its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*words, model=trained.run):
        code = main(["predict", f"model={model}", *map(str, words)])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


def records(folder):
    return {
        file.parent.name: json.loads(file.read_text()) for file in folder.glob("*/prediction.json")
    }


def contents(folder):
    """Every file, by name, without the times that predictions took; the page shows them too."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.name.startswith(".") and file.suffix != ".html":
            content = file.read_bytes()
            if file.name == "prediction.json":
                content = {**json.loads(content), "seconds": None}
            found[str(file.relative_to(folder))] = content
    return found


def test_every_scan_of_a_folder(scans, predict, tmp_path):
    code, out, err = predict(f"input={scans}", "output=masks", "formats=[seg,nifti]")
    assert code == 1  # the NIfTI file cannot be a DICOM-SEG
    assert "1 of 3 scans failed" in err
    assert "copy: formats: seg refers to the DICOM files" in err
    code, out, err = predict(f"input={scans}", "output=all")
    assert code == 0, err
    made = records(tmp_path / "all")
    assert len(made) == 3
    assert "copy" in made
    for name, record in made.items():
        folder = tmp_path / "all" / name
        mask = np.asarray(nibabel.load(folder / "lungs.nii.gz").dataobj)
        per_voxel = np.prod(record["grid"]["spacing_mm"]) / 1000
        for side, value in (("right", 1), ("left", 2)):
            volume = record["lungs"][side]["volume_ml"]
            assert volume == pytest.approx((mask == value).sum() * per_voxel, abs=1e-3)
        assert (folder / "lungs.seg.dcm").exists() == (name != "copy")
        assert (folder / "overlay.png").exists()
        assert name in (tmp_path / "all" / "predictions.html").read_text()
        assert name in out
    assert "left out: 1 file(s), not an image format that is read" in out + err


def test_what_is_reported_is_what_is_delivered(trained, predict, tmp_path):
    """The mask of each test case has the DSC that the evaluation gave it, by SimpleITK."""
    cases = pd.read_csv(trained.run / "evaluation" / "cases.csv")
    tested = cases[cases["split"] == "test"]
    for name in tested["case"]:
        images = trained.source / "Images" / name
        assert predict(f"input={images}", f"output={name}", "formats=[nrrd]")[0] == 0
    for case in tested.itertuples():
        (file,) = (tmp_path / case.case).glob("*/lungs.nrrd")
        names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(
            str(trained.source / "Images" / case.case)
        )
        scan = sitk.ReadImage(names)
        mask = sitk.Resample(sitk.ReadImage(file) > 0, scan, sitk.Transform(),
                             sitk.sitkNearestNeighbor)  # fmt: skip
        assert (
            abs(
                sitk.GetArrayFromImage(mask).sum()
                - sitk.GetArrayFromImage(sitk.ReadImage(file) > 0).sum()
            )
            == 0
        )
        store = reference(trained, case.case)
        ours = np.ascontiguousarray(sitk.GetArrayFromImage(sitk.DICOMOrient(mask, "LPS")))
        images = [sitk.GetImageFromArray(array.astype(np.uint8)) for array in (ours, store)]
        overlap = sitk.LabelOverlapMeasuresImageFilter()
        overlap.Execute(*images)
        assert overlap.GetDiceCoefficient() == pytest.approx(case.dsc, abs=1e-12)


def reference(trained, name):
    """The reference mask from the store, feet first as LPS arrays are."""
    from lungseg.data.store import open_arrays
    from lungseg.runs.checkpoint import LAST, load_checkpoint

    store = load_checkpoint(trained.run / LAST)["lungseg"]["store"]
    return open_arrays(store, name)[1][:]


def test_a_second_start_does_only_what_is_missing(scans, predict, tmp_path, monkeypatch):
    arguments = (f"input={scans}", "output=masks", "formats=nifti")
    assert predict(*arguments)[0] == 0
    whole = contents(tmp_path / "masks")
    (name,) = [name for name in records(tmp_path / "masks") if name != "copy"][:1]
    shutil.rmtree(tmp_path / "masks" / name)
    (tmp_path / "masks" / ".part-of-a-killed-one").mkdir()
    done = []
    one = working.predict_one
    monkeypatch.setattr("lungseg.apps.predict.predict_one", lambda work, scan: (
        done.append(scan.name), one(work, scan))[1])  # fmt: skip
    assert predict(*arguments)[0] == 0
    assert done == [name]
    assert contents(tmp_path / "masks") == whole
    assert not (tmp_path / "masks" / ".part-of-a-killed-one").exists()
    assert predict(*arguments, "overwrite=true")[0] == 0
    assert len(done) == 4
    assert contents(tmp_path / "masks") == whole
    code, _, err = predict(*arguments, "tta=flip")
    assert code == 1
    assert "3 of these scans were predicted there with another model or other settings" in err


def test_a_scan_of_the_training_is_noticed(trained, predict, tmp_path):
    split = json.loads((trained.run / "split.json").read_text())["sets"]
    images = trained.source / "Images" / split["train"][0]
    code, _, _ = predict(f"input={images}", "output=masks", "formats=nifti")
    assert code == 0
    (record,) = records(tmp_path / "masks").values()
    assert "seen-in-train" in {finding["code"] for finding in record["findings"]}
    code, _, err = predict(f"input={images}", "output=none", "formats=nifti", "on_doubt=error")
    assert code == 1
    assert "(on_doubt=warn accepts it)" in err
    assert not records(tmp_path / "none")


def test_a_scan_that_any_of_the_models_was_trained_on_is_noticed(trained, tmp_path):
    split = json.loads((trained.run / "split.json").read_text())["sets"]
    checkpoint = torch.load(trained.run / "checkpoints" / "last.ckpt", weights_only=True)
    # Of another fold of the cross-validation: there the test case was trained on.
    sets = checkpoint["lungseg"]["split"]
    sets["train"], sets["test"] = sets["test"], sets["train"]
    torch.save(checkpoint, tmp_path / "other.ckpt")
    predictor = load(trained.run, tmp_path / "other.ckpt")
    prediction = predictor.predict(trained.source / "Images" / split["test"][0])
    assert "seen-in-train" in {finding.code for finding in prediction.findings}
    assert "seen-in-train" not in {
        finding.code
        for finding in load(trained.run)
        .predict(trained.source / "Images" / split["test"][0])
        .findings
    }


def test_models_are_averaged_and_their_disagreement_said(trained, scans, predict, tmp_path):
    code, _, err = predict(
        f"input={scans / 'copy.nii.gz'}", "output=masks", "formats=npz", "tta=flip",
        model=f"[{trained.run},{trained.run / 'checkpoints' / 'last.ckpt'}]",
    )  # fmt: skip
    assert code == 0, err
    (record,) = records(tmp_path / "masks").values()
    assert len(record["models"]) == 1  # the same file twice is one model
    assert record["settings"]["tta"] == "flip"


def test_bad_scans_stop_no_others(scans, predict, tmp_path):
    folder = tmp_path / "in"
    shutil.copytree(scans / "a" / "deep", folder / "good")
    (folder / "empty.nii.gz").write_bytes(b"")
    image = nibabel.load(scans / "copy.nii.gz")
    labels = (np.asarray(image.dataobj) > -500).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(labels, image.affine), folder / "mask.nii.gz")
    content = (scans / "copy.nii.gz").read_bytes()
    (folder / "truncated.nii.gz").write_bytes(content[: len(content) // 2])
    code, out, err = predict(f"input={folder}", "output=masks", "formats=nifti")
    assert code == 1
    assert len(records(tmp_path / "masks")) == 2
    assert "3 of 5 scans failed, the others are done" in err
    assert "a mask, not a CT" in out + err
    page = (tmp_path / "masks" / "predictions.html").read_text()
    assert "a mask, not a CT" in page
    left = {path.name for path in (tmp_path / "masks").iterdir()}
    assert left == {*records(tmp_path / "masks"), "predictions.html", ".lock"}


def test_nothing_identifying_is_left(scans, predict, tmp_path):
    folder = tmp_path / "Quasimodo Paris" / "in"
    shutil.copytree(scans / "a" / "deep", folder)
    uids = {pydicom.dcmread(file).SeriesInstanceUID for file in folder.iterdir()}
    assert predict(f"input={folder}", "output=masks", "formats=[nifti,nrrd]")[0] == 0
    for top, _, names in os.walk(tmp_path):
        if str(folder) in top:
            continue
        for name in names:
            with open(os.path.join(top, name), "rb") as file:  # noqa: PTH123
                content = file.read()
            assert b"Quasimodo" not in content, name
            assert not any(uid.encode() in content for uid in uids), name


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "model: must be given: model=outputs/<date>/<time>"),
        (("model=nothing",), "model: no such run folder or file [nothing]"),
        (("model=RUN", "formats=dcm"), "formats=dcm: there are seg, rtstruct, nifti, nrrd, npz"),
        (("model=RUN", "tta=mirror"), "tta=mirror: must be none or flip"),
        (("model=RUN", "on_doubt=stop"), "on_doubt=stop: must be warn or error"),
        (("model=RUN", "overwrite=2"), "overwrite=2: must be true or false"),
        (("model=RUN", "spacing_mm=3"), "spacing_mm=3: must be three numbers [z, y, x] in mm"),
        (("model=RUN", "output=in/masks"), "output=in/masks: must not be inside input, nor input"),
        (("model=RUN", "input=nowhere"), "input: no such file or folder [nowhere]"),
        (("model=RUN", "device=tpu"), "device=tpu: must be auto, cuda, mps, cpu"),
        (("model=RUN", "postprocess=lung"), "postprocess=lung: no such option; there are lungs,"),
    ],
)
def test_one_line_for_what_cannot_be(words, line, refused, run, tmp_path):
    (tmp_path / "in").mkdir()
    given = {"input": "in", "output": "masks"}
    given |= dict(word.split("=", 1) for word in words)
    if given.get("model") == "RUN":
        given["model"] = "run"
    shown = refused("predict", *(f"{key}={value}" for key, value in given.items()))
    assert shown.removeprefix("lungseg predict: error: ").startswith(line)
    assert not (tmp_path / "masks").exists()


def test_an_input_without_ct(refused, run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("no scan")
    line = refused("predict", "model=run", "input=in", "output=masks")
    assert line == (
        "lungseg predict: error: input: no CT in it: 1 file(s) not an image format that is read [in]"
    )


def test_from_python_as_by_the_command(trained, scans, predict, tmp_path):
    assert predict(f"input={scans / 'copy.nii.gz'}", "output=masks", "formats=npz")[0] == 0
    with np.load(tmp_path / "masks" / "copy" / "lungs.npz") as arrays:
        mask = arrays["mask"]
    prediction = load(trained.run).predict(scans / "copy.nii.gz")
    np.testing.assert_array_equal(prediction.mask, mask > 0)
    assert prediction.probability.shape == mask.shape


def test_the_example_of_the_docs(trained, scans, capsys):
    page = (CLONE / "docs" / "predict.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {}
    block = block.replace("RUN", str(trained.run)).replace(
        "SCAN.nii.gz", str(scans / "copy.nii.gz")
    )
    exec(block, names)
    assert names["right"].shape == names["probability"].shape
    assert "warning" in capsys.readouterr().out
