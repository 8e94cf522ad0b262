"""Labels of both lungs as people type them."""

import json
import logging

import numpy as np
import pytest

from lungseg.cli import main
from lungseg.phantom import make_case
from tests.sources.image_files import write_nifti


@pytest.fixture
def scan(tmp_path, monkeypatch):
    """One scan with a label map: 2 the right lung, 3 the left, 7 something else."""
    monkeypatch.chdir(tmp_path)
    case = make_case(0, size=32, n_slices=12)
    affine = np.diag([*case.spacing[::-1], 1.0])[:, [2, 1, 0, 3]]
    labels = case.mask * np.uint8(2)
    labels[:, :, 16:][labels[:, :, 16:] > 0] = 3
    labels[0, 0, 0] = 7
    write_nifti(tmp_path / "scans" / "a_ct.nii", case.image, affine)
    write_nifti(tmp_path / "scans" / "a_seg.nii", labels, affine)
    handlers = logging.getLogger().handlers[:]
    yield labels
    logging.getLogger().handlers[:] = handlers


@pytest.mark.parametrize(
    ("typed", "values"),
    [("[2,3]", [2, 3]), ("[2]", [2]), ("3", [3]), ("{both: [2,3]}", [2, 3])],
)
def test_labels(scan, typed, values, tmp_path):
    words = ("data=nifti", "data.root=scans", f"data.labels={typed}", "data.store=store")
    assert main(["prepare", *words, "data.on_finding=warn"]) == 0
    (case,) = json.loads((tmp_path / "store" / "audit.json").read_text())["cases"].values()
    expected = np.isin(scan, values).mean()
    assert case["positive_share"] == pytest.approx(expected)
