"""Masks in the wrong place: what training and its page say of them."""

import logging
import re

import numpy as np
import pytest

from lungseg.cli import main
from lungseg.phantom import make_case
from tests.sources.image_files import write_nifti


def write_cases(folder, change):
    """Three scans as NIfTI, whose masks are changed."""
    folder.mkdir()
    for number in range(3):
        case = make_case(number, size=32, n_slices=12)
        affine = np.zeros((4, 4))
        affine[[2, 1, 0], [0, 1, 2]] = case.spacing
        affine[:3, 3], affine[3, 3] = case.origin, 1
        write_nifti(folder / f"lung{number}_ct.nii", case.image, affine)
        mask = np.ascontiguousarray(change(case.mask))
        write_nifti(folder / f"lung{number}_seg.nii", mask, affine)
    return f"data.root={folder}"


@pytest.fixture
def trained(tmp_path, monkeypatch, capfd):
    """Train in this process, and give what it printed."""
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]
    small = ("trainer.max_epochs=1", "model.base_channels=4", "model.depth=2", "logger=none")

    def run(*words):
        assert main(["train", "data=nifti", *words, *small, "hydra.run.dir=run"]) == 0
        return re.sub(r"\s+", " ", capfd.readouterr().out)

    yield run
    logging.getLogger().handlers[:] = handlers


@pytest.mark.slow
def test_mirrored_masks_are_trained_on_with_a_warning_and_a_banner(trained, tmp_path):
    screen = trained(write_cases(tmp_path / "scans", lambda mask: mask[:, :, ::-1]))
    line = "The masks of 3 cases are in doubt (mask-score): lung0, lung1, lung2. lung0: the image"
    assert screen.count(line) == 2  # before and after
    page = (tmp_path / "run" / "report.html").read_text()
    banners = re.findall(r'class="[^"]*alarm[^"]*">(.*?)</', page, re.S)
    assert any(line in banner for banner in banners), banners


def test_masks_beside_the_lungs_stop_training(refused, tmp_path):
    root = write_cases(tmp_path / "scans", lambda mask: np.roll(mask, 3, axis=2))
    line = refused("train", "data=nifti", root)
    assert "lung0: the mask lies beside the lungs: score -0." in line
    assert "data.on_finding.error=warn accepts it" in line
