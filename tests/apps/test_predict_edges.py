"""Inputs, folders and settings of ``lungseg predict`` that invite a wrong result."""

import shutil

import nibabel
import numpy as np
import pydicom

from lungseg.sources.scans import find_scans
from tests.apps.predicted import records
from tests.dicom.write_enhanced import write_enhanced


def test_another_spacing_is_another_scan(predict, tmp_path):
    voxels = np.random.default_rng(0).integers(-1000, 400, (12, 32, 32)).astype(np.int16)
    np.savez(tmp_path / "scan.npz", image=voxels)
    words = ("input=scan.npz", "output=masks", "formats=nrrd")
    for spacing in ([3, 1, 1], [5, 2, 2]):
        assert predict(*words, f"spacing_mm={spacing}".replace(" ", ""))[0] == 0
        (record,) = records(tmp_path / "masks").values()
        assert record["grid"]["spacing_mm"] == spacing


def test_what_is_not_a_prediction_is_never_replaced(trained, scans, predict, tmp_path):
    """A folder beside the input that is called as the scan is."""
    shutil.copy(scans / "copy.nii.gz", tmp_path / "ct.nii.gz")
    (tmp_path / "ct").mkdir()
    (tmp_path / "ct" / "slice.dcm").write_text("of the user")
    code, _, err = predict("input=ct.nii.gz", "output=.", "formats=nifti", "overwrite=true")
    assert code == 1
    assert "output: has ct already, which is not a prediction" in err
    assert (tmp_path / "ct" / "slice.dcm").read_text() == "of the user"


def test_damaged_slices_at_an_end_are_not_passed_over(scans, predict, tmp_path):
    folder = tmp_path / "in"
    shutil.copytree(scans / "a" / "deep", folder)
    for file in sorted(folder.glob("other-*"))[-2:]:
        file.write_bytes(file.read_bytes()[:400])
    code, _, err = predict("input=in", "output=masks", "formats=nifti")
    assert code == 1
    assert "2 DICOM files are damaged" in err
    for record in records(tmp_path / "masks").values():
        assert "unreadable-file" in {finding["code"] for finding in record["findings"]}


def test_a_doubted_mask_does_not_stay(trained, scans, predict, tmp_path):
    words = (f"input={scans / 'copy.nii.gz'}", "output=masks", "formats=nifti")
    assert predict(*words)[0] == 0
    code, _, err = predict(*words, "on_doubt=error")
    assert code == 1
    assert "(on_doubt=warn accepts it)" in err
    assert not records(tmp_path / "masks")


def test_one_file_with_all_slices(scans, predict, tmp_path):
    """Its folder is not the input, and has to be shown all the same."""
    (tmp_path / "in").mkdir()
    series = find_scans(scans / "a" / "deep", str).scans[0]
    write_enhanced(tmp_path / "in" / "ct.dcm", series.files)
    code, out, err = predict("input=in/ct.dcm", "output=masks", "formats=[seg,nifti]")
    assert code == 0, err
    assert " in " in out


def test_names_stay_where_no_key_can_be_kept(scans, predict, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    words = (f"input={scans / 'a'}", "output=masks", "formats=nifti")
    names = []
    for _ in range(2):
        assert predict(*words)[0] == 0
        names.append(sorted(records(tmp_path / "masks")))
    assert names[0] == names[1]


def test_fractions_are_those_of_the_mask_that_is_delivered(trained, scans, predict, tmp_path):
    words = (f"input={scans / 'a'}", "output=masks", "formats=[seg,nifti]", "probabilities=true")
    assert predict(*words, "postprocess=lungs", "postprocess.n_lungs=1")[0] == 0
    for name in records(tmp_path / "masks"):
        folder = tmp_path / "masks" / name
        mask = np.asarray(nibabel.load(folder / "lungs.nii.gz").dataobj) > 0
        dataset = pydicom.dcmread(folder / "lungs.seg.dcm")
        assert (dataset.pixel_array >= 128).sum() == mask.sum()
