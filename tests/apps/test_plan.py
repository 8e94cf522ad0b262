"""``lungseg plan`` as a user types it."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lungseg.cli import main
from tests.conftest import CLONE, Cli
from tests.report.fake_runs import SETS, config, write_run


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """Plan in this process; the contents of ``plan.json``."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        assert main(["plan", "output=out", *arguments]) == 0
        return json.loads((tmp_path / "out" / "plan.json").read_text())

    return run


def test_the_command_of_the_docs(tmp_path):
    """Its folders, with other numbers in them."""
    line = re.search(r"^lungseg (plan runs=\S+) .*$", (CLONE / "docs" / "planning.md").read_text(),
                     re.MULTILINE).group(0)  # fmt: skip
    _, *arguments = line.replace("'", "").split()
    (folder,) = (word.removeprefix("runs=") for word in arguments if word.startswith("runs="))
    for place, alpha in enumerate((0.2, 0.8)):
        settings = config(loss__alpha=alpha)
        write_run(tmp_path / folder / str(place), settings=settings, chance=place)
    done = Cli(tmp_path)(*arguments)
    assert done.returncode == 0, done.stderr
    (made,) = (tmp_path / "outputs" / "plan").iterdir()
    content = json.loads((made / "plan.json").read_text())
    tables = [pd.read_csv(tmp_path / folder / name / "evaluation" / "cases.csv") for name in "01"]
    values = [table[table["split"] == "test"]["dsc"].to_numpy() for table in tables]
    assert [need["sd"] for need in content["widths"]] == pytest.approx(
        [value.std(ddof=1) for value in values]
    )
    assert content["pairs"][0]["sd"] == pytest.approx((values[1] - values[0]).std(ddof=1))
    assert content["goal"] == {"width": 0.02, "difference": 0.01, "power": 0.8, "correlation": 0.8}
    page = (made / "plan.html").read_text()
    for sentence in content["sentences"]:
        assert sentence in done.stdout
        assert sentence in page
    assert "data:image/svg+xml" in page
    assert "8 test patients: their scatter is hardly known" in page
    assert (made / "plan.svg").read_text().startswith("<?xml")
    with Image.open(made / "plan.png") as picture:
        assert picture.width == 1050
    assert str(tmp_path) not in page


def test_the_folds_of_a_setting_are_one_pilot(here, tmp_path):
    names = SETS["test"]
    for fold in range(2):
        split = {"_target_": "lungseg.splits.KFold", "k": 2, "fold": fold, "seed": 0}
        sets = {"train": names[1 - fold :: 2], "test": names[fold::2]}
        write_run(tmp_path / "runs" / str(fold), settings=config(split=split), sets=sets)
    content = here("runs=runs")
    assert content["widths"][0]["n_patients"] == 8
    assert content["pairs"][0]["how"] == "assumed"


def test_distances_have_wishes_in_mm(here, tmp_path):
    write_run(tmp_path / "a")
    content = here("runs=a", "metric=hd95_mm", "difference=3")
    assert content["goal"] | {"power": 0} == {
        "width": 2.0, "difference": 3, "power": 0, "correlation": 0.8,
    }  # fmt: skip
    assert np.isfinite(content["widths"][0]["n"])


REFUSED = {
    "nothing": ([], "runs: must be given"),
    "no folder": (["runs=nowhere"], "runs: no such folder"),
    "metric": (["runs=a", "metric=dice"], "metric=dice: must be one of dsc, hd95_mm"),
    "set": (["runs=a", "set=val"], "set=val: run a has no such set"),
    "difference": (["runs=a", "difference=0"], "difference=0: must be a number between 0 and 1"),
    "text": (["runs=a", "width=wide"], "width=wide: must be a number between 0 and 1"),
    "width": (["runs=a", "width=1.5"], "width=1.5: must be a number between 0 and 1"),
    "mm": (["runs=a", "metric=msd_mm", "width=-1"], "width=-1: must be a number above 0"),
    "power": (["runs=a", "power=1"], "power=1: must be a number between 0 and 1"),
    "correlation": (["runs=a", "correlation=1"], "correlation=1: must be a number between -1"),
    "one case": (["runs=few"], "1 test patient with a number; a scatter needs two or more"),
    "failed": (["runs=failed"], "runs: none has completed; failed is failed"),
    "misspelt": (["runs=a", "widht=1"], "widht: no such setting; did you mean width?"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what, refused, tmp_path):
    write_run(tmp_path / "a")
    write_run(tmp_path / "few", sets=SETS | {"test": ["Case_002"]})
    write_run(tmp_path / "failed", state="failed", error="out of memory")
    arguments, line = REFUSED[what]
    assert line in refused("plan", *arguments)
    assert not list(tmp_path.glob("outputs/plan/*"))
