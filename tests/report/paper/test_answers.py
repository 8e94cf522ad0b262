"""Answers to checklists point at what is in the pack."""

import json

import pytest

from lungseg.report.paper.answers import ANSWERS
from lungseg.report.paper.claim import CLAIM
from lungseg.report.paper.ledger import Ledger
from lungseg.report.paper.prose import as_plain
from lungseg.report.paper.source import Source
from lungseg.report.paper.study import Study
from lungseg.runs.read import read_run
from tests.report.paper.packs import write_pool, write_run


def study_of(*folders):
    ledger = Ledger()
    sources = [Source(k, read_run(one, one.name), ledger) for k, one in enumerate(folders, 1)]
    names = [f"run {source.number}" for source in sources]
    return Study(sources, names, names, None, ledger, "7")


def answer(topic, *folders):
    return as_plain(ANSWERS[topic](study_of(*folders)).text)


def test_accuracy_is_not_the_performance_again(tmp_path):
    """Recall is TP / (TP + FN) over the pixels of all test slices."""
    folder = write_run(tmp_path / "run")
    topics = {item.number: item.topic for item in CLAIM}
    assert (topics["37"], topics["38"]) == ("performance", "accuracy")
    recall = json.loads((folder / "evaluation" / "summary.json").read_text())["test"]["recall"]
    text = answer("accuracy", folder)
    assert text.startswith(f"Of the pixels of all test slices: recall {recall['value']:.4f} (")
    assert f"n = {recall['n']} pixels)" in text
    assert "; specificity " in text
    assert "; precision " in text


@pytest.mark.parametrize("drawn", [["fig06_low_accuracy", "fig08_low_dsc"], ["fig08_low_dsc"], []])
def test_worst_slices_are_pointed_at_where_they_are_drawn(tmp_path, drawn):
    folder = write_run(tmp_path / "run")
    figures = folder / "evaluation" / "figures"
    figures.mkdir()
    for name in drawn:
        (figures / f"{name}.pdf").touch()
    text = answer("failure", folder)
    assert "each case: table of cases; " in text
    assert ("worst slices" in text) == bool(drawn)
    assert [name for name in text.replace(";", " ").replace(",", " ").split()
            if name.startswith("fig")] == drawn  # fmt: skip


def test_several_seeds_show_the_variation_between_trainings(tmp_path):
    first, other = write_run(tmp_path / "a"), write_run(tmp_path / "b", "seed=7")
    assert "between trainings was not measured." in answer("statistics", first)
    assert "runs of several seeds stand side by side." in answer("statistics", first, other)


def test_a_pool_of_several_seeds_averages_trainings(tmp_path):
    pool = write_pool(tmp_path / "pool", "split.seed=3", "seed=1")
    file = pool / "provenance.json"
    record = json.loads(file.read_text())
    record["config"]["seed"] = [1, 2]
    file.write_text(json.dumps(record))
    assert "means over trainings of several seeds." in answer("statistics", pool)
    other = write_run(tmp_path / "run")
    assert "several seeds stand side by side." in answer("statistics", pool, other)
