"""A pack is written whole or not at all, and says what a reader has to know first."""

import csv
import json
import re

import pytest

from lungseg.errors import ConfigError, DataError
from lungseg.report.paper import pack as packing
from lungseg.report.paper.claim import CLAIM
from lungseg.report.paper.known import KNOWN
from lungseg.report.paper.methods_training import LEAK
from lungseg.report.paper.pack import write_pack
from lungseg.report.paper.references import REFERENCES
from lungseg.report.paper.study import read_study
from lungseg.report.paper.tripod import TRIPOD
from tests.report.paper.packs import FAILED, checkpoint, write_run


def read(packs, name, file):
    return (packs / "packs" / name / file).read_text()


def test_all_files_are_there(packs):
    names = {path.name for path in (packs / "packs" / "one").iterdir()}
    tables = ("results", "cases", "data", "settings", "claim", "tripod")
    assert names == {
        *(f"{name}.{kind}" for name in tables for kind in ("tex", "csv")),
        *("main.tex", "summary.tex", "methods.tex", "methods.md", "figures.tex", "figures"),
        *("reproducibility.tex", "references.bib", "numbers.csv", "flow.csv"),
    }
    assert not [path for path in (packs / "packs").iterdir() if path.name.startswith(".")]


def test_an_existing_output_is_refused_and_stays(packs, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("of the user")
    study = read_study([packs / "bare"], None)
    with pytest.raises(ConfigError, match="output: exists already"):
        write_pack(study, tmp_path / "mine")
    assert [path.name for path in tmp_path.rglob("*.*")] == ["notes.txt"]


def test_an_error_leaves_nothing(packs, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(packing, "write_text", fail)
    with pytest.raises(OSError, match="no space"):
        write_pack(read_study([packs / "bare"], None), tmp_path / "a" / "pack")
    assert list((tmp_path / "a").iterdir()) == []


def test_a_run_that_may_have_selected_by_its_test_set_says_so_first_and_in_bold(tmp_path):
    folder = write_run(tmp_path / "run", "allow_test_selection=true", synthetic=True)
    write_pack(read_study([folder], None), tmp_path / "pack")
    first = (tmp_path / "pack" / "summary.tex").read_text()
    assert first.startswith(r"\textbf{allow\_test\_selection=true: these runs may have used")
    assert r"\textbf{The data are synthetic" in first
    assert f"**{LEAK}**".replace("_", "\\_") in (tmp_path / "pack" / "methods.md").read_text()


def test_a_threshold_of_after_the_training_is_said(tmp_path, packs):
    folder = write_run(tmp_path / "run", "metrics.threshold=0.3")
    write_pack(read_study([folder], None), tmp_path / "pack")
    text = (tmp_path / "pack" / "summary.tex").read_text()
    assert r"\textbf{The threshold was set to 0.5 after training, which had 0.3." in text
    assert "threshold was set" not in read(packs, "one", "summary.tex")


def test_what_older_runs_did_not_record_is_not_made_up(packs):
    text = read(packs, "older", "methods.md")
    assert "processor and memory not recorded" in text
    assert "devices: not recorded" in text
    assert "Energy: not recorded" in text
    assert "not recorded" in read(packs, "older", "data.csv")


def test_hardware_and_time_are_those_of_the_run(packs):
    """Two epochs of 12.5 and 3600 seconds are 60.2 minutes."""
    text = read(packs, "one", "methods.md")
    assert "devices: 2 (GPU 9); processor A & B, 16 logical cores, 61.9 GiB of memory" in text
    assert "Wall time of the training (epochs with their evaluation): 60.2 min." in text


def test_masks_that_others_made_stand_beside_a_training(packs, tmp_path):
    config = {
        "data": {"name": "lctsc"},
        "metrics": {"threshold": 0.5},
        "predictions": {"path": "(…)"},
    }
    other = write_run(tmp_path / "other", config=config, packages=None)
    write_pack(read_study([packs / "bare", other], None), tmp_path / "pack")
    text = (tmp_path / "pack" / "summary.tex").read_text()
    assert "Run 1 (seed 0) was evaluated on 2 test cases" in text
    assert "Run 2 (masks made elsewhere) was evaluated on 2 test cases" in text
    with pytest.raises(DataError, match="run 1 was not trained by lungseg"):
        read_study([other, packs / "bare"], None)


def test_the_command_and_the_hashes(packs):
    text = read(packs, "one", "reproducibility.tex").replace(r"\allowbreak{}", "")
    assert r"lungseg train data=lctsc 'data.root=(not recorded)' experiment=strong" in text
    assert checkpoint(packs / "first") in text
    assert "abc1234" * 5 in text
    assert "dirty: with changes that are in no commit" in text


def test_no_folder_of_a_run_is_named(packs):
    for name, folders in {"one": ["first"], "two": ["first", "second"]}.items():
        text = "".join(
            path.read_text() for path in (packs / "packs" / name).iterdir() if path.is_file()
        )
        assert str(packs) not in text
        assert not [folder for folder in folders if f"/{folder}" in text]
        assert "Frollo" not in text


def test_runs_are_told_apart_by_what_differs(packs):
    text = read(packs, "two", "methods.md")
    assert "run 1 (seed 0, loss.alpha=0.6667); run 2 (seed 7, loss.alpha=0.25)" in text
    assert "The seeds were 0, 7." in text
    table = read(packs, "two", "settings.tex").partition("tab:settings")[0]
    rows = re.findall(r"^\\texttt\{(.*?)\} & (.*?) & (.*?) \\\\", table, re.MULTILINE)
    found = {key.replace(r"\allowbreak{}", ""): values for key, *values in rows}
    assert found == {"seed": ["0", "7"], "loss.alpha": ["0.666667", "0.25"]}


@pytest.mark.parametrize(("name", "items"), [("claim", CLAIM), ("tripod", TRIPOD)])
def test_checklists_answer_or_say_that_the_author_has_to(packs, name, items):
    with (packs / "packs" / "one" / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["item"] for row in rows] == [item.number for item in items]
    for row, item in zip(rows, items, strict=True):
        assert bool(row["taken from"]) == bool(item.topic)
        assert (row["answer"] == "Left to the author.") == (not item.topic)


def test_the_items_are_those_of_the_checklists():
    assert [item.number for item in CLAIM] == [str(k) for k in range(1, 45)]
    assert list(dict.fromkeys(item.number.rstrip("abcdefg") for item in TRIPOD)) == [
        str(k) for k in range(1, 28)
    ]
    assert len({item.number for item in TRIPOD}) == len(TRIPOD) == 52


def test_all_that_is_cited_is_in_the_bibliography_and_nothing_else(packs):
    folder = packs / "packs" / "one"
    text = "".join(path.read_text() for path in folder.glob("*.tex"))
    cited = set(re.findall(r"\\cite\{(\w+)\}", text))
    assert cited == set(re.findall(r"^@\w+\{(\w+),", read(packs, "one", "references.bib"), re.M))
    assert "ronneberger2015" in cited
    assert {known.reference for known in KNOWN.values() if known.reference} <= set(REFERENCES)


def test_figures_are_copied_with_n_and_convention(packs):
    folder = packs / "packs" / "one"
    original = packs / "first" / "evaluation" / "figures" / "fig02_histograms.pdf"
    assert (folder / "figures" / original.name).read_bytes() == original.read_bytes()
    text = read(packs, "one", "figures.tex")
    n = "n = 24 slices of 2 cases, 6 without lung"
    assert f"test: {n}; training: {n}. The DSC is that of slices with lung" in text
    assert "has no figures: it was made with report=false" in read(packs, "older", "figures.tex")


def test_cases_that_failed_are_in_the_table_with_their_reasons(packs):
    with (packs / "packs" / "one" / "flow.csv").open() as file:
        rows = {row["case"]: row for row in csv.DictReader(file)}
    split = json.loads((packs / "first" / "split.json").read_text())
    assert {row["case"] for row in rows.values() if row["set"] == "test"} == set(
        split["sets"]["test"]
    )
    assert rows["Case_099"]["set"] == "in no set"
    assert {case: rows[case]["reason"] for case in FAILED} == FAILED
