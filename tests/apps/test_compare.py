"""``lungseg compare`` as a user types it."""

import csv
import json
import re
import shutil
from datetime import datetime

import pytest

from lungseg.cli import main
from tests.conftest import Cli
from tests.report.fake_runs import SETS, config, write_run

FILES = ("compare.csv", "compare.html", "compare.json")


@pytest.fixture(scope="session")
def sweep(phantom_root, tmp_path_factory):
    """Three real trainings by one command; the folder of the sweep. Read only."""
    folder = tmp_path_factory.mktemp("sweep")
    done = Cli(folder)(
        *("train", "-m", "loss.alpha=0.2,0.5,0.8", "data=lctsc", f"data.root={phantom_root}"),
        *("trainer.max_epochs=1", "model.base_channels=4", "model.depth=2", "report=false"),
        *("optimizer=adam", "optimizer.lr=0.01", "scheduler=onecycle", "trainer.precision=32"),
        *("logger=none", "hydra.sweep.dir=sweep"),
    )
    assert done.returncode == 0, done.stderr
    return folder / "sweep"


def content(folder):
    return json.loads((folder / "compare.json").read_text())


def test_the_cards_sentence(sweep, tmp_path):
    folder = shutil.copytree(sweep, tmp_path / "sweep")
    done = Cli(tmp_path)("compare", "runs=sweep")
    assert done.returncode == 0, done.stderr
    assert all((folder / name).is_file() for name in FILES)
    found = content(folder)
    assert found["differences"] == ["loss.alpha"]
    assert [run["run"] for run in found["runs"]] == ["0", "1", "2"]
    assert [run["settings"] for run in found["runs"]] == [
        {"loss.alpha": alpha} for alpha in (0.2, 0.5, 0.8)
    ]
    assert len(found["pairs"]) == 3
    assert {pair["verdict"] for pair in found["pairs"]} == {"cannot be told"}
    assert all("cannot be told with 4 cases" in pair["sentence"] for pair in found["pairs"])
    page = (folder / "compare.html").read_text()
    assert "The runs differ in loss.alpha only." in page
    assert "the runs differ in loss.alpha\n" in done.stdout
    assert "4 test cases: too few" in done.stdout
    assert str(tmp_path) not in page + json.dumps(found) + (folder / "compare.csv").read_text()
    with (folder / "compare.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row, run in zip(rows, found["runs"], strict=True):
        summary = json.loads((folder / run["run"] / "evaluation" / "summary.json").read_text())
        for key in ("dsc_mean_nonempty", "volume_dsc_mean", "hd95_mm_mean"):
            number = summary["test"][key]
            assert float(row[f"test/{key}"]) == number["value"]
            assert float(row[f"test/{key}_low"]) == number["ci95"][0]
            assert int(row[f"test/{key}_n"]) == number["n"]


def test_pairs_of_the_sweep_follow_from_its_tables(sweep, tmp_path):
    folder = shutil.copytree(sweep, tmp_path / "sweep")
    assert Cli(tmp_path)("compare", "runs=[sweep/2,sweep/0]", "output=here").returncode == 0
    numbers = []
    for name in ("2", "0"):
        with (folder / name / "evaluation" / "cases.csv").open() as file:
            rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
        numbers.append({row["case"]: float(row["dsc"]) for row in rows})
    gaps = [numbers[1][case] - numbers[0][case] for case in numbers[0]]
    (pair,) = content(tmp_path / "here")["pairs"]
    assert (pair["a"], pair["b"]) == ("loss.alpha=0.8", "loss.alpha=0.2")
    assert pair["difference"] == pytest.approx(sum(gaps) / len(gaps))
    assert pair["n_cases"] == 4


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """Compare in this process; the contents of ``compare.json`` and what the screen showed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        assert main(["compare", "output=out", *arguments]) == 0
        return content(tmp_path / "out"), capsys.readouterr().out

    return run


def test_seeds_are_grouped(here, tmp_path):
    for number, (alpha, seed) in enumerate([(0.2, 1), (0.2, 2), (0.8, 1), (0.8, 2)]):
        settings = config(loss__alpha=alpha, seed=seed)
        write_run(
            tmp_path / "runs" / str(number), settings=settings, chance=number, dsc=0.9 + alpha / 20
        )
    found, out = here("runs=runs")
    assert found["differences"] == ["loss.alpha"]
    assert found["repeats"] == [1, 2]
    (group,) = found["groups"]
    assert [setting["runs"] for setting in group["settings"]] == [["0", "1"], ["2", "3"]]
    assert found["pairs"][0]["n_seeds"] == {"a": 2, "b": 2}
    assert re.search(r"loss.alpha=0.8 +2 ", out)


def test_other_splits_are_not_ranked(here, tmp_path):
    write_run(tmp_path / "a")
    write_run(tmp_path / "b", sets=SETS | {"test": ["Case_002"]})
    found, out = here("runs=[a,b]")
    assert found["pairs"] == []
    assert [group["best"] for group in found["groups"]] == [None, None]
    assert "Not comparable" in out
    assert "Not comparable" in found["notes"][0]
    assert "Not comparable" in (tmp_path / "out" / "compare.html").read_text()
    with (tmp_path / "out" / "compare.csv").open() as file:
        assert [row["group"] for row in csv.DictReader(file)] == ["A", "B"]


def test_two_comparisons_of_one_second_have_a_folder_each(tmp_path, monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 3, 1, 12)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lungseg.apps.compare.datetime", Clock)
    for name in "abc":
        write_run(tmp_path / name)
    assert main(["compare", "runs=[a,b]"]) == 0
    assert main(["compare", "runs=[a,c]"]) == 0
    folder = tmp_path / "outputs" / "compare"
    assert [run["run"] for run in content(folder / "2026-03-01_12-00-00")["runs"]] == ["a", "b"]
    assert [run["run"] for run in content(folder / "2026-03-01_12-00-00-2")["runs"]] == ["a", "c"]


def test_a_failed_job_is_left_out_and_named(here, tmp_path):
    for number, state in enumerate(["completed", "failed", "completed"]):
        write_run(tmp_path / "runs" / str(number), settings=config(loss__alpha=0.3 * number),
                  state=state, error="out of memory" if state == "failed" else None)  # fmt: skip
    found, out = here("runs=runs", "reference=2")
    assert "1 of 3 runs left out, in no number here: 1 (failed: out of memory)" in out
    assert [run["state"] for run in found["runs"]] == ["completed", "failed", "completed"]
    (pair,) = found["pairs"]
    assert pair["a"] == "loss.alpha=0.6"


def test_a_setting_with_a_comma_is_the_reference(here, tmp_path):
    for number, (alpha, lr) in enumerate([(0.2, 0.1), (0.6, 0.3), (0.8, 0.5)]):
        settings = config(loss__alpha=alpha, optimizer__lr=lr)
        write_run(tmp_path / "runs" / str(number), settings=settings, chance=number)
    found, _ = here("runs=runs", 'reference="alpha=0.6, lr=0.3"')
    assert [pair["a"] for pair in found["pairs"]] == ["alpha=0.6, lr=0.3"] * 2


def test_a_mean_over_some_repeats_says_so(here, tmp_path):
    for number in range(4):
        settings = config(loss__alpha=0.2 + 0.3 * (number > 1), seed=number % 2)
        write_run(tmp_path / "runs" / str(number), settings=settings, chance=number)
    file = tmp_path / "runs" / "3" / "evaluation" / "summary.json"
    summary = json.loads(file.read_text())
    summary["test"]["hd95_mm_mean"] = {"value": None, "n": 0}
    file.write_text(json.dumps(summary))
    _, out = here("runs=runs", "metric=hd95_mm")
    assert re.search(r"loss.alpha=0.2 +2 +\d+\.\d\d +0", out)
    assert re.search(r"loss.alpha=0.5 +2 +\d+\.\d\d \(1 of 2 runs\)", out)


def test_the_help_says_what_each_key_means():
    done = Cli(".")("compare", "--help")
    assert done.returncode == 0, done.stderr
    for words in ("surface_dice_2mm", "test, val or train", "quoted twice", "metric: dsc"):
        assert words in done.stdout
    assert "optimizer" not in done.stdout


def test_earlier_files_stay_when_a_comparison_is_refused(refused, tmp_path):
    write_run(tmp_path / "runs" / "0")
    (tmp_path / "runs" / "compare.json").write_text("before")
    assert "one run (0) is nothing to compare" in refused("compare", "runs=runs")
    assert (tmp_path / "runs" / "compare.json").read_text() == "before"
    assert not (tmp_path / "runs" / "compare.html").exists()


MISUSE = {
    "nothing": ([], "runs: must be given"),
    "no folder": (["runs=[nowhere,a]"], r"runs: no such folder \[nowhere\]"),
    "no run": (["runs=empty"], "runs: neither a run folder nor a folder with runs below it"),
    "empty": (["runs=[]"], "runs: must be run folders"),
    "metric": (["runs=[a,b]", "metric=dice"], "metric=dice: must be one of dsc, hd95_mm"),
    "set": (["runs=[a,b]", "set=all"], "set=all: must be one of test, val, train"),
    "no such set": (["runs=[a,b]", "set=val"], "set=val: run a has no such set"),
    "reference": (["runs=[a,b]", "reference=c"], "reference=c: no completed run of that name"),
    "misspelt": (["run=[a,b]"], "run: no such setting; did you mean runs?"),
}


@pytest.mark.parametrize("what", MISUSE)
def test_misuse(what, refused, tmp_path):
    arguments, message = MISUSE[what]
    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    (tmp_path / "empty").mkdir()
    assert re.search(message, refused("compare", *arguments))
    assert not list(tmp_path.rglob("compare.*ml"))
