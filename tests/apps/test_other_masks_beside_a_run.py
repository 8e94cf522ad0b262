"""Masks evaluated without the model that made them: as the run's own, and compared with it."""

import csv
import json
import shutil

import numpy as np
import pytest

from lungseg.data.cohort import open_cohort
from lungseg.data.store import open_arrays
from tests.conftest import Cli


def rows(folder, name="cases.csv"):
    with (folder / "evaluation" / name).open() as file:
        return [row for row in csv.DictReader(file) if row["split"] == "test"]


@pytest.fixture(scope="module")
def beside(trained, tmp_path_factory):
    """A copy of the run, and what ``lungseg predict`` finds in its test cases."""
    folder = tmp_path_factory.mktemp("beside")
    cli = Cli(folder)
    shutil.copytree(trained.run, folder / "run")
    for case in json.loads((trained.run / "split.json").read_text())["sets"]["test"]:
        shutil.copytree(trained.source / "Images" / case, folder / "scans" / case)
    done = cli("predict", "model=run", "input=scans", "output=masks", "formats=[nifti,npz]")
    assert done.returncode == 0, done.stderr
    return cli


def evaluated(cli, trained, *words):
    (store,) = (trained.folder / "outputs/prepared").iterdir()
    return cli(
        *("evaluate", "data=lctsc", f"data.store={store}", "split=file"),
        *("split.file=run/split.json", *words),
    )


@pytest.mark.slow
def test_what_predict_wrote_has_the_numbers_of_the_run(beside, trained):
    done = evaluated(beside, trained, "predictions=masks", "hydra.run.dir=again")
    assert done.returncode == 0, done.stderr
    run, again = beside.folder / "run", beside.folder / "again"
    assert len(rows(run)) == 4
    assert rows(again) == rows(run)
    assert rows(again, "slices.csv") == rows(run, "slices.csv")
    ours, theirs = (
        json.loads((folder / "evaluation" / "summary.json").read_text())["test"]
        for folder in (run, again)
    )
    assert list(ours) == list(theirs)
    same = ("volume_dsc_mean", "dsc_mean_nonempty", "recall", "hd95_mm_median", "n_empty")
    assert [ours[key] for key in same] == [theirs[key] for key in same]

    figures = {file.name for file in (again / "evaluation" / "figures").glob("*.png")}
    assert "fig04_heatmaps.png" in figures
    assert not any(name.startswith(("fig01", "fig10", "fig12", "fig14")) for name in figures)
    page = (again / "report.html").read_text()
    assert "Masks were read from files and placed by their geometry" in page
    assert "The masks have no probabilities" in page
    assert "A pixel is lung at a probability" not in page
    assert "of the training" not in page

    done = beside("compare", "runs=[run,again]", "output=compared")
    assert done.returncode == 0, done.stderr
    content = json.loads((beside.folder / "compared" / "compare.json").read_text())
    (pair,) = content["pairs"]
    assert pair["n_cases"] == 4
    assert pair["difference"] == 0


@pytest.mark.slow
def test_better_masks_are_compared_case_by_case(beside, trained):
    """Those of the reference itself: every case is better by what the run lacks."""
    (store,) = (trained.folder / "outputs/prepared").iterdir()
    (beside.folder / "perfect").mkdir()
    for name in open_cohort(store).names:
        mask = open_arrays(store, name)[1][:]
        np.savez(beside.folder / "perfect" / f"{name}_lungs.npz", mask=mask)
    words = ("predictions=perfect", "hydra.run.dir=other", "report=false")
    assert evaluated(beside, trained, *words).returncode == 0
    assert [row["dsc"] for row in rows(beside.folder / "other")] == ["1.0"] * 4
    done = beside("compare", "runs=[run,other]", "output=compared2")
    assert done.returncode == 0, done.stderr
    content = json.loads((beside.folder / "compared2" / "compare.json").read_text())
    (pair,) = content["pairs"]
    lacking = np.mean([1 - float(row["dsc"]) for row in rows(beside.folder / "run")])
    assert abs(pair["difference"]) == pytest.approx(lacking)
    assert "masks other" in json.dumps(content)
