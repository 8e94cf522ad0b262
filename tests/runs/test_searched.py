"""The best trial of a search in each fold is that fold; what else chose is refused."""

import json
import shutil

import pytest

from lungseg.errors import ConfigError, DataError
from lungseg.runs.find import find_runs
from lungseg.runs.folds import repeats_of
from lungseg.runs.searched import best_of_searches
from tests.report.fake_runs import config
from tests.runs.fake_folds import write_fold


def write_search(folder, fold, rates, best, objective="val/dsc", **trial):
    """A search within a fold: one trial per learning rate."""
    for number, rate in enumerate(rates):
        write_fold(folder / str(number), fold, settings=config(optimizer__lr=rate, **trial))
    content = {
        "objectives": {objective: "maximize"},
        "best": [{"trial": k, "overrides": [f"optimizer.lr={rates[k]}"]} for k in best],
        "completed": len(rates), "pruned": 1, "failed": 0,
    }  # fmt: skip
    (folder / "search.json").write_text(json.dumps(content))


def write_three(place, **more):
    write_search(place / "a", 0, [0.1, 0.2], [1])
    write_search(place / "b", 1, [0.1, 0.3], [0], **more)
    write_search(place / "c", 2, [0.4], [0])


def test_each_fold_is_its_best_trial(tmp_path):
    write_three(tmp_path)
    runs = best_of_searches(find_runs([tmp_path]))
    assert [run.name for run in runs] == ["a/1", "b/0", "c/0"]
    (repeat,) = repeats_of(runs)
    assert [fold.run.search["settings"] for fold in repeat.folds] == [
        ["optimizer.lr=0.2"], ["optimizer.lr=0.1"], ["optimizer.lr=0.4"],
    ]  # fmt: skip
    assert repeat.folds[0].run.search == {
        "objective": "val/dsc", "n_trials": 3, "settings": ["optimizer.lr=0.2"]
    }  # fmt: skip


def test_other_settings_may_not_differ(tmp_path):
    write_three(tmp_path, loss__alpha=0.9)
    with pytest.raises(ConfigError, match="differ in more than the fold: loss.alpha"):
        repeats_of(best_of_searches(find_runs([tmp_path])))


@pytest.mark.parametrize("names", [("a", "b", "z"), ("z", "b", "c")])
def test_a_fold_whose_settings_nobody_chose_inside_it_is_refused(tmp_path, names):
    """Whichever is read first: its learning rate may have been chosen by its test set."""
    write_three(tmp_path)
    shutil.rmtree(tmp_path / ("c" if names[0] == "a" else "a"))
    write_fold(tmp_path / "z", 2 if names[0] == "a" else 0, settings=config(optimizer__lr=0.9))
    runs = best_of_searches(find_runs([tmp_path / name for name in names]))
    with pytest.raises(ConfigError, match="all folds of a cross-validation choose alike"):
        repeats_of(runs)


def test_folds_without_a_search_are_as_before(tmp_path):
    write_fold(tmp_path / "0", 0, settings=config(optimizer__lr=0.2))
    write_fold(tmp_path / "1", 1)
    runs = best_of_searches(find_runs([tmp_path]))
    assert [run.search for run in runs] == [None, None]
    with pytest.raises(ConfigError, match="differ in more than the fold: optimizer.lr"):
        repeats_of(runs)


@pytest.mark.parametrize(
    ("best", "objective", "message"),
    [
        ([1], "test/dsc", "the search chose by test/dsc; settings of a fold are chosen by its own"),
        ([0, 1], "val/dsc", "the search has 2 best trials; a fold needs one"),
        ([], "val/dsc", "the search has no completed trial; a fold needs one"),
    ],
)
def test_refused(tmp_path, best, objective, message):
    write_search(tmp_path / "a", 0, [0.1, 0.2], best, objective)
    with pytest.raises(DataError, match=message):
        best_of_searches(find_runs([tmp_path]))


def test_another_trial_is_refused(tmp_path):
    write_search(tmp_path / "a", 0, [0.1, 0.2], [1])
    with pytest.raises(DataError, match="0: not the best trial by validation of its search, .* 1;"):
        best_of_searches(find_runs([tmp_path / "a" / "0"]))


def test_a_damaged_search_is_refused(tmp_path):
    write_search(tmp_path / "a", 0, [0.1, 0.2], [1])
    (tmp_path / "a" / "search.json").write_text('{"best": 3}')
    with pytest.raises(DataError, match=r"search\.json is damaged"):
        best_of_searches(find_runs([tmp_path]))
