"""Commands that repeat a run, a cross-validation and the pack, and which code made what."""

import json

import pytest

from lungseg.report.paper.ledger import Ledger
from lungseg.report.paper.prose import as_plain
from lungseg.report.paper.reproducibility import reproducibility_tex, rows
from lungseg.report.paper.source import Source
from lungseg.report.paper.study import Study
from lungseg.runs.read import read_run
from tests.report.paper.packs import write_pool, write_run

AUTO = "chosen by trainer.precision=auto"


def source_of(folder):
    return Source(1, read_run(folder, "run"), Ledger())


def table(folder):
    return {title: as_plain(text) for title, text in rows(source_of(folder))}


def evaluated(commit):
    return {"lungseg": "0.1.0", "git": {"commit": commit, "dirty": False}, "file": "last.ckpt",
            "epochs": 2, "threshold": 0.5, "empty_dsc": "zero"}  # fmt: skip


def test_what_auto_chose_is_pinned(tmp_path):
    assert table(write_run(tmp_path / "auto", "trainer.precision=auto"))[AUTO] == (
        "trainer.precision=bf16-mixed, to be added on another machine"
    )
    assert AUTO not in table(write_run(tmp_path / "typed", "trainer.precision=32-true"))


@pytest.mark.parametrize(
    ("words", "runs"),
    [([["-m", "split=kfold", "split.fold=all"]], "SWEEP"),
     ([["split=kfold", "split.fold=0"], ["split=kfold", "split.fold=1"]], "[RUN,RUN,…]")],
)  # fmt: skip
def test_folds_are_pooled_by_a_command_of_its_own(tmp_path, words, runs):
    found = table(write_pool(tmp_path / "pool", commands=words))
    assert found["pooling of the folds"] == f"lungseg pool runs={runs} output=POOLED"


@pytest.mark.parametrize(
    ("write", "n", "runs"),
    [(write_run, 1, "RUN"), (write_pool, 1, "POOLED"), (write_run, 2, "[RUN,RUN,\\ldots{}]")],
)
def test_the_pack_has_its_command_too(tmp_path, write, n, runs):
    source = source_of(write(tmp_path / "run"))
    names = [f"run {k}" for k in range(n)]
    study = Study([source] * n, names, names, None, source.ledger, "7")
    text = reproducibility_tex(study).replace(r"\allowbreak{}", "").replace("{[}", "[")
    assert text.count(f"lungseg paper runs={runs} output=PACK") == n


def test_another_code_of_the_evaluation_is_explained(tmp_path):
    same = table(write_run(tmp_path / "same", evaluation=evaluated("abc1234" * 5)))
    other = table(write_run(tmp_path / "other", evaluation=evaluated("def5678" * 5)))
    assert same["code of the evaluation"].endswith(" (clean)")
    assert other["code of the evaluation"].endswith("(clean); the run was evaluated again with"
                                                    " this code, after its training")  # fmt: skip


def test_folds_that_other_code_pooled_are_explained(tmp_path):
    folder = write_pool(tmp_path / "pool")
    file = folder / "provenance.json"
    record = json.loads(file.read_text()) | {"git": {"commit": "abc1234" * 5, "dirty": False}}
    record["evaluation"] |= evaluated("def5678" * 5)
    file.write_text(json.dumps(record))
    text = table(folder)["code of the evaluation"]
    assert text.endswith("(clean); the folds were pooled with this code, after their training")
