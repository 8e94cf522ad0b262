"""Which runs make a pack, and which are refused in one line."""

import json

import pytest

from lungseg.errors import DataError
from lungseg.report.paper.study import read_study
from tests.report.evaluated import NAMES
from tests.report.paper.packs import SETS, write_run


def change(folder, name, content):
    file = folder / name
    file.write_text(json.dumps(json.loads(file.read_text()) | content))


def without_test_set(folder):
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())
    del summary["test"]
    (folder / "evaluation" / "summary.json").write_text(json.dumps(summary))


REFUSED = {
    "failed": (
        lambda folder: change(folder, "status.json", {"state": "failed", "error": "no space"}),
        r"run 2 has not completed \(failed: no space\); finish it, or leave it out",
    ),
    "another cohort": (
        lambda folder: change(folder, "provenance.json", {"cohort_sha256": "0" * 64}),
        "run 2 is of another cohort than run 1",
    ),
    "other cases": (
        lambda folder: change(folder, "split.json", {"sets": SETS | {"test": NAMES[:1]}}),
        r"run 2 has other cases in its sets than run 1; .* pooled first \(lungseg pool\)",
    ),
    "no test set": (without_test_set, "run 2 has no test set in evaluation/summary.json"),
    "other cases than its own": (
        lambda folder: change(folder, "provenance.json", {"trained_on_cohort_sha256": "0" * 64}),
        r"run 2 is of a trained model on other cases \(evaluate ckpt= or model=\)",
    ),
    "an ensemble": (
        lambda folder: change(folder, "provenance.json", {"members": []}),
        "run 2 is of a trained model on other cases .*; give the run of the training",
    ),
    "no split": (lambda folder: (folder / "split.json").unlink(), "split.json is missing"),
    "damaged split": (
        lambda folder: (folder / "split.json").write_text("{"), "split.json is damaged"),
    "no numbers": (
        lambda folder: (folder / "evaluation" / "summary.json").unlink(), "run 2 has not completed"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "message"), REFUSED.values(), ids=REFUSED)
def test_runs_that_make_no_pack(packs, tmp_path, damage, message):
    folder = write_run(tmp_path / "Quasimodo")
    damage(folder)
    with pytest.raises(DataError, match=f"^runs: {message}") as refused:
        read_study([packs / "bare", folder], None)
    assert "Quasimodo" not in str(refused.value)


def test_a_folder_without_a_run(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="neither a run folder"):
        read_study([tmp_path / "empty"], None)


def test_a_store_of_other_cases_is_refused(packs, tmp_path):
    (tmp_path / "cohort.json").write_text(json.dumps({"cases": []}))
    with pytest.raises(DataError, match="store: these are not the cases of the runs"):
        read_study([packs / "bare"], str(tmp_path))


def test_cases_that_are_gone_are_done_without(packs):
    assert read_study([packs / "bare"], None).cohort is None
