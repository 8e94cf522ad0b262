"""Results of ``lungseg predict`` are not scans; what a user put beside them may be one."""

import json

import nibabel
import numpy as np
import pytest

from lungseg.errors import DataError
from lungseg.sources.results import results_among
from lungseg.sources.scans import find_scans

RECORD = {"scan": "a", "lungseg": "1", "models": [], "files": ["lungs.nii.gz", "lungs.npz"]}


@pytest.fixture
def folder(tmp_path):
    """A result as ``predict`` leaves it."""
    made = tmp_path / "masks" / "a"
    made.mkdir(parents=True)
    labels = np.ones((4, 5, 6), np.uint8)
    nibabel.save(nibabel.Nifti1Image(labels, np.eye(4)), made / "lungs.nii.gz")
    np.savez(made / "lungs.npz", image=np.full((4, 5, 6), -900, np.int16), mask=labels)
    (made / "overlay.png").write_bytes(b"")
    (made / "page.json").write_text("{}")
    (made / "prediction.json").write_text(json.dumps(RECORD))
    return made


def ct(path):
    nibabel.save(nibabel.Nifti1Image(np.full((4, 5, 6), -900, np.int16), np.eye(4)), path)


def test_they_are_counted_and_left_out(folder, tmp_path):
    with pytest.raises(DataError, match="no CT in it: 5 file.s. written by lungseg predict$"):
        find_scans(tmp_path, str)
    ct(tmp_path / "scan.nii.gz")
    found = find_scans(tmp_path, str)
    assert [scan.name for scan in found.scans] == ["scan"]
    assert found.left_out == {"written by lungseg predict": 5}


def test_a_scan_beside_them_stays_one(folder):
    ct(folder / "ct.nii.gz")
    assert [scan.path.name for scan in find_scans(folder, str).scans] == ["ct.nii.gz"]


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"files": ["lungs.nii.gz"]}'])
def test_another_record_hides_nothing(content, folder):
    (folder / "prediction.json").write_text(content)
    assert results_among(folder.iterdir()) == set()


def test_a_file_that_is_given_itself_is_taken(folder):
    (scan,) = find_scans(folder / "lungs.npz", str, [3, 1, 1]).scans
    assert (scan.read().volume.voxels == -900).all()
