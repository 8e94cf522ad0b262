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

from lungseg.errors import DataError
from lungseg.inference import work as working
from lungseg.inference.predictor import load
from lungseg.sources.scans import find_scans
from lungseg.volume import Volume
from tests.apps.predicted import contents, records
from tests.conftest import CLONE


def test_every_scan_of_a_folder(scans, predict, tmp_path):
    code, out, err = predict(f"input={scans}", "output=masks", "formats=[seg,nifti]")
    assert code == 1  # the NIfTI file cannot be a DICOM-SEG
    assert "1 of 3 scans failed" in err
    assert "copy: formats: seg refers to the DICOM files" in err
    # When it failed, and as the reason of the exit code.
    assert (out + err).count("seg refers to the DICOM files") == 2
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
    code, _, err = predict("input=all", "output=again")
    assert code == 1
    assert "input: no CT in it: 1 file(s) not an image format that is read; " in err  # the page
    assert "file(s) written by lungseg predict [all]" in err


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
    checkpoint = torch.load(trained.run / "checkpoints" / "last.ckpt", weights_only=True)
    weights = checkpoint["state_dict"]
    last = [name for name in weights if name.startswith("net.") and name.endswith("bias")][-1]
    weights[last] += 1.5  # finds more
    torch.save(checkpoint, tmp_path / "other.ckpt")
    words = (f"input={scans / 'copy.nii.gz'}", "formats=npz")
    for name, model in (
        ("one", trained.run),
        ("other", "other.ckpt"),
        ("both", f"[{trained.run},other.ckpt]"),
    ):
        assert predict(*words, f"output={name}", model=model)[0] == 0
    volumes = {}
    for name in ("one", "other", "both"):
        (record,) = records(tmp_path / name).values()
        volumes[name] = sum(lung["volume_ml"] for lung in record["lungs"].values())
        codes = {finding["code"] for finding in record["findings"]}
        assert ("disagreement" in codes) == (name == "both")
        assert len(record["models"]) == 1 + (name == "both")
    assert volumes["one"] < volumes["both"] < volumes["other"]


def test_bad_scans_stop_no_others(scans, predict, tmp_path):
    folder = tmp_path / "in"
    shutil.copytree(scans / "a" / "deep", folder / "good")
    (folder / "empty.nii.gz").write_bytes(b"")
    image = nibabel.load(scans / "copy.nii.gz")
    labels = (np.asarray(image.dataobj) > -500).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(labels, image.affine), folder / "mask.nii.gz")
    np.savez(folder / "empty.npz", image=np.zeros((0, 8, 8)))
    content = (scans / "copy.nii.gz").read_bytes()
    (folder / "truncated.nii.gz").write_bytes(content[: len(content) // 2])
    words = (f"input={folder}", "output=masks", "formats=nifti", "spacing_mm=[3,1,1]")
    code, out, err = predict(*words)
    assert code == 1
    assert len(records(tmp_path / "masks")) == 2
    assert "4 of 6 scans failed, the others are done" in err
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


def test_a_volume_from_python(trained, scans):
    scan = find_scans(scans / "copy.nii.gz", str).scans[0].read()
    predictor = load(trained.run)
    expected = predictor.predict(scan)
    values = scan.volume.voxels.astype(np.float32)
    prediction = predictor.predict(Volume(values, scan.volume.affine))
    np.testing.assert_array_equal(prediction.labels, expected.labels)
    mirrored = scan.volume.affine.copy()
    mirrored[:, 3] += mirrored[:, 2] * (values.shape[2] - 1)
    mirrored[:, 2] *= -1
    with pytest.raises(DataError, match=r"lungseg\.volume\.to_lps"):
        predictor.predict(Volume(values[..., ::-1], mirrored))
