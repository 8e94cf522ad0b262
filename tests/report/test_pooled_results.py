"""The folder of a pooled cross-validation: like a run's, to people and to a comparison."""

import json
import shutil

import pandas as pd
import pytest

from lungseg.errors import ConfigError
from lungseg.report.comparison import compare
from lungseg.report.pooled_notes import chosen, notes
from lungseg.report.pooled_page import write_pooled_page
from lungseg.report.pooled_results import folder_name, pool_runs, tell
from lungseg.runs.find import find_runs
from lungseg.runs.searched import best_of_searches
from tests.report.fake_runs import config
from tests.runs.fake_folds import NAMES, kfold, write_fold, write_folds
from tests.runs.test_searched import write_three


def made(place, output, **arguments):
    return pool_runs(find_runs([place]), output, **arguments)


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """With a page that has no figures."""
    folder = tmp_path_factory.mktemp("pooled")
    write_folds(folder / "runs")
    pooled = made(folder / "runs", folder / "out", report=False)
    origin = read(folder / "out", "provenance.json")
    write_pooled_page(folder / "out" / "report.html", pooled, origin, [])
    return folder / "out"


def read(output, name):
    return json.loads((output / name).read_text())


def test_files_of_a_run(output):
    tables = {file.name for file in (output / "evaluation").iterdir()}
    assert tables == {"slices.csv", "cases.csv", "pr_curve.csv", "summary.json",
                      "score_histograms.npz"}  # fmt: skip
    files = {file.name for file in output.iterdir()}
    assert files == {"evaluation", "folds.csv", "metrics.csv", "provenance.json", "report.html",
                     "split.json", "status.json"}  # fmt: skip


@pytest.mark.slow
def test_figures_that_tables_suffice_for(tmp_path):
    write_folds(tmp_path / "runs")
    made(tmp_path / "runs", tmp_path / "out")
    figures = {file.stem for file in (tmp_path / "out" / "evaluation" / "figures").glob("*.png")}
    assert {name[:5] for name in figures} == {
        *("fig01", "fig02", "fig03", "fig04", "fig10", "fig11", "fig12", "fig14")
    }
    assert (tmp_path / "out" / "report.html").read_text().count("<figure ") == 8


def test_who_tested_which_case(output):
    folds = pd.read_csv(output / "folds.csv")
    assert list(folds.columns) == ["case", "fold", "run"]
    assert list(folds["case"]) == NAMES
    assert list(folds["fold"]) == list(folds["run"]) == [0, 0, 1, 1, 2, 2]
    origin = read(output, "provenance.json")
    assert origin["config"]["split"]["fold"] == "all"
    assert origin["config"]["split"]["k"] == 3
    assert origin["pool"]["folds"] == {name: str(k // 2) for k, name in enumerate(NAMES)}
    assert origin["pool"]["runs"] == ["0", "1", "2"]
    assert read(output, "split.json")["sets"] == {"test": NAMES}
    assert read(output, "status.json")["state"] == "completed"


def test_the_page(output):
    page = (output / "report.html").read_text()
    assert "UNet, cross-validated on 6 cases" in page
    assert page.count('<th class="part">fold ') == 3
    assert "<th>95 % interval by 6 cases</th>" in page
    assert page.count(" by 6 cases, n&nbsp;=") == 7  # the area under the PR curve has none
    assert 'class="alarm"' not in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_a_missing_fold_is_said_everywhere(tmp_path, capsys, caplog):
    for number in (0, 2):
        write_fold(tmp_path / "runs" / str(number), number)
    pooled = made(tmp_path / "runs", tmp_path / "out", report=False)
    page, origin = tmp_path / "report.html", read(tmp_path / "out", "provenance.json")
    write_pooled_page(page, pooled, origin, [])
    said = "Fold 1 of 3 is missing: Case_002, Case_003 are in no number here."
    assert f'<div class="alarm">{said}</div>' in page.read_text()
    assert read(tmp_path / "out", "evaluation/summary.json")["test"]["missing_folds"] == [said]
    assert read(tmp_path / "out", "split.json")["left_out"] == ["Case_002", "Case_003"]
    with caplog.at_level("WARNING"):
        tell(pooled, tmp_path / "out")
    assert said in caplog.text
    assert "mean DSC, non-empty slices" in capsys.readouterr().out


def test_a_choice_by_the_test_set_is_red(tmp_path):
    write_folds(tmp_path / "runs", settings=config(allow_test_selection=True))
    made(tmp_path / "runs", tmp_path / "out", allow_test_selection=True, report=False)
    (alarm,) = read(tmp_path / "out", "provenance.json")["evaluation"]["warnings"]
    assert alarm.startswith("allow_test_selection=true in Folds 0, 1, 2")


def test_a_choice_by_the_test_set_in_one_fold_is_one_of_the_result(tmp_path):
    write_folds(tmp_path / "runs")
    file = tmp_path / "runs" / "1" / "provenance.json"
    record = json.loads(file.read_text())
    record["config"]["allow_test_selection"] = True
    file.write_text(json.dumps(record))
    made(tmp_path / "runs", tmp_path / "out", allow_test_selection=True, report=False)
    assert read(tmp_path / "out", "provenance.json")["config"]["allow_test_selection"] is True


def test_warnings_of_folds_are_repeated(tmp_path):
    for number in range(3):
        more = ["The threshold was set."] + ["Only here."] * (number == 1)
        write_fold(tmp_path / "runs" / str(number), number, evaluation={"warnings": more})
    made(tmp_path / "runs", tmp_path / "out", report=False)
    found = read(tmp_path / "out", "provenance.json")["evaluation"]["warnings"]
    assert found == ["The threshold was set.", "Fold 1: Only here."]


def test_what_older_folds_lack_is_said(tmp_path):
    write_folds(tmp_path / "runs", 2)
    newer = config(augment__cut_mix={"_target_": "CutMix", "p": 0})
    last = write_fold(tmp_path / "runs" / "2", 2, settings=newer, commit="def456", histogram=False)
    origin = read(last, "provenance.json")
    del origin["evaluation"]["warnings"]
    (last / "provenance.json").write_text(json.dumps(origin))
    (last / "split.json").unlink()
    pooled = made(tmp_path / "runs", tmp_path / "out", report=False)
    said = " ".join(notes(pooled))
    for words in (
        "Curves over thresholds and their areas are left out",
        "and nobody typed: augment.cut_mix.",
        "recorded no patients",
        "warn of: see those of Fold 2.",
        "different commits of the code: abc123, def456",
    ):
        assert words in said
    write_pooled_page(tmp_path / "page.html", pooled, read(tmp_path / "out", "provenance.json"), [])
    assert "precision over recall, at all thresholds" not in (tmp_path / "page.html").read_text()


def test_pooled_results_are_compared_by_case(tmp_path):
    for value, chance in ((0.2, 0), (0.8, 7)):
        place = tmp_path / f"runs{chance}"
        write_folds(place, settings=config(loss__alpha=value), chance=chance)
        made(place, tmp_path / "pooled" / str(chance), report=False)
    runs = find_runs([tmp_path / "pooled"])
    assert runs[0].sets == {"test": tuple(NAMES)}
    found = compare(runs)
    assert found.differences == ("loss.alpha",)
    (pair,) = found.pairs
    a, b = (pd.read_csv(run.folder / "evaluation" / "cases.csv")["dsc"] for run in runs)
    assert pair.difference.n_cases == 6
    assert pair.difference.mean == pytest.approx((b - a).mean())


def test_repeats_have_a_folder_each(tmp_path):
    for seed in (1, 2):
        write_folds(tmp_path / "runs" / str(seed), settings=config(seed=seed), chance=seed)
    made(tmp_path / "runs", tmp_path / "out", report=False)
    origin = read(tmp_path / "out", "provenance.json")
    assert origin["config"]["seed"] == [1, 2]
    assert origin["pool"]["folds"]["Case_000"] == ["0", "0"]
    for seed in (1, 2):
        one = tmp_path / "out" / "repeats" / f"seed={seed}"
        assert read(one, "provenance.json")["config"]["seed"] == seed
        assert len(pd.read_csv(one / "evaluation" / "slices.csv")) == 30
    assert [run.folder.name for run in find_runs([tmp_path / "out"])] == ["out"]


def test_a_repeat_without_a_fold_says_so_and_can_be_compared(tmp_path):
    for value in (0.2, 0.8):
        place = tmp_path / str(value)
        for seed in (1, 2):
            write_folds(place / str(seed), settings=config(seed=seed, loss__alpha=value))
        shutil.rmtree(place / "1" / "0")
        made(place, tmp_path / "pooled" / str(value), report=False)
    folds = read(tmp_path / "pooled" / "0.2", "provenance.json")["pool"]["folds"]
    lacking = [case for case, labels in folds.items() if labels[0] is None]
    assert [folds[case] for case in lacking] == [[None, "0"]] * 2
    (pair,) = compare(find_runs([tmp_path / "pooled"])).pairs
    assert pair.difference.n_cases == 6


def test_only_a_pooled_result_is_replaced(tmp_path):
    write_folds(tmp_path / "runs")
    for _ in range(2):
        made(tmp_path / "runs", tmp_path / "out", report=False)
    with pytest.raises(ConfigError, match="this folder contains a run"):
        made(tmp_path / "runs", tmp_path / "runs" / "0", report=False)


def test_a_folder_is_called_by_its_settings():
    assert folder_name("") == "all"
    assert folder_name("model=unet_deep, a.b=[1,2]") == "model=unet_deep_a.b=-1-2"


def test_other_partitions_are_not_mixed_up(tmp_path):
    """Two partitions of the same seed of training are repeats."""
    write_folds(tmp_path / "runs" / "a")
    for number in range(3):
        write_fold(tmp_path / "runs" / "b" / str(number), number, split=kfold(number, seed=1))
    made(tmp_path / "runs", tmp_path / "out", report=False)
    origin = read(tmp_path / "out", "provenance.json")
    assert origin["pool"]["repeats"] == ["split.seed=0", "split.seed=1"]
    assert origin["config"]["split"]["seed"] == [0, 1]


def test_another_pool_leaves_nothing_of_the_one_before(tmp_path):
    """Repeats with scores and histories first, then one cross-validation without either."""
    for seed in (1, 2):
        write_folds(tmp_path / "runs" / str(seed), settings=config(seed=seed), chance=seed)
    output = tmp_path / "out"
    made(tmp_path / "runs", output, report=False)
    (output / "evaluation" / "figures").mkdir()
    (output / "notes.txt").write_text("of the user")
    files = {path.relative_to(output).as_posix() for path in output.rglob("*")}
    assert {"repeats/seed=1/metrics.csv", "metrics.csv", "evaluation/pr_curve.csv"} <= files
    for folder in write_folds(tmp_path / "others", histogram=False):
        (folder / "metrics.csv").unlink()
    for place in (output, tmp_path / "new"):
        made(tmp_path / "others", place, report=False)
    names = [{path.relative_to(place).as_posix() for path in place.rglob("*")}
             for place in (output, tmp_path / "new")]  # fmt: skip
    assert names[0] == names[1] | {"notes.txt"}
    assert "repeats" not in names[1]


def test_what_a_search_chose_in_each_fold_is_said_and_recorded(tmp_path):
    """The pooled configuration has no single value of it."""
    write_three(tmp_path / "runs")
    pooled = pool_runs(
        best_of_searches(find_runs([tmp_path / "runs"])), tmp_path / "out", report=False
    )
    assert chosen(pooled)[0] == "Fold 0: optimizer.lr=0.2, the best of 3 trials by val/dsc."
    recorded = read(tmp_path / "out", "provenance.json")
    assert recorded["config"]["optimizer"]["lr"] == "chosen in each fold"
    # Repeats the rate by an interpolation.
    assert recorded["config"]["scheduler"]["scheduler"]["max_lr"] == "chosen in each fold"
    assert [each["search"]["n_trials"] for each in recorded["pool"]["each"]] == [3, 3, 2]
