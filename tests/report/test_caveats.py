"""What a reader has to know before any number of a comparison."""

import json

import pytest

from lungseg.report.caveats import alarms, caveats
from lungseg.report.comparison import compare
from lungseg.runs.find import find_runs
from tests.report.fake_runs import SETS, alpha, config, said


def test_cases_that_runs_leave_out_are_named(runs):
    lost = {"Case_012": "a file is damaged"}
    found = compare(runs(alpha(0.1, failed_cases=lost), alpha(0.2)))
    assert (
        "Run 0 leaves out 1 case that could not be prepared: Case_012 (a file is damaged)."
        in caveats(found)
    )
    both = {"failed_cases": {"Case_012": "damaged", "Case_013": "no mask"}}
    found = compare(runs(alpha(0.1, **both), alpha(0.2, **both)))
    assert (
        "Runs 2, 3 leave out 2 cases that could not be prepared: Case_012 (damaged); Case_013 (no"
        " mask)." in caveats(found)
    )


def test_all_runs_may_leave_out_the_same_cases(runs):
    lost = {"failed_cases": {"Case_012": "damaged"}}
    found = compare(runs(alpha(0.1, **lost), alpha(0.2, **lost)))
    assert "All runs leave out 1 case that could not be prepared: Case_012 (damaged)." in caveats(
        found
    )


def test_the_same_run_again_is_no_repeat(runs):
    found = compare(runs(alpha(0.2, seed=1), alpha(0.8, seed=1), alpha(0.8, seed=1)))
    assert "Runs 1 and 2 have the same settings and the same seed" in said(found)


def test_seeds_that_also_draw_the_split_are_explained(runs):
    moved = SETS | {"test": SETS["test"][1:]}
    found = compare(
        runs(
            {"settings": config(seed=1, split__seed="${seed}")},
            {"settings": config(seed=2, split__seed="${seed}"), "sets": moved},
        )
    )
    assert found.differences == ()
    assert len(found.groups) == 2
    assert "The seed also drew the split; split.seed=0 keeps" in said(found)


def test_what_a_choice_by_the_test_set_is_worth_is_said(runs):
    found = compare(runs(alpha(0.2, dsc=0.9), alpha(0.8, dsc=0.95)))
    assert "loss.alpha=0.8 has the highest mean volume DSC of 2" in said(found)
    assert "choose by the test set" in said(found)
    found = compare(found.runs, metric="hd95_mm")
    assert "loss.alpha=0.8 has the lowest mean HD95" in said(found)


@pytest.mark.parametrize(
    ("values", "is_said"),
    [((0.0, 0.0, 0.0), False), ((0.9, 0.9, 0.8), False), ((0.8, 0.9, 0.8), True)],
)
def test_of_equal_settings_none_is_called_best(values, is_said, runs):
    """Two models that find nothing, above all."""
    made = [alpha(k, dsc=dsc, spread=0) for k, dsc in enumerate(values)]
    found = compare(runs(*made))
    assert ("has the highest mean volume DSC" in said(found)) is is_said


def test_warnings_a_reader_needs(runs):
    found = compare(
        runs(
            alpha(0.2, synthetic=True, weights="best.ckpt"),
            {
                "settings": config(loss__alpha=0.5, allow_test_selection=True),
                "synthetic": True,
            },
            alpha(0.8, state="failed", error="loss: alpha"),
        )
    )
    assert "Synthetic data: these numbers say nothing about patients." in said(found)
    assert "allow_test_selection=true in 1" in alarms(found)[0]
    assert "1 of 3 runs left out, in no number here: 2 (failed: loss: alpha)" in said(found)
    assert "best.ckpt in 1, last.ckpt in 1" in said(found)
    assert "One run a setting" in said(found)


def test_runs_of_different_code_or_precision_are_said_to_be(runs, tmp_path):
    runs(alpha(0.2), alpha(0.8))
    file = tmp_path / "1" / "provenance.json"
    made_by = json.loads(file.read_text())
    file.write_text(json.dumps(made_by | {"git": {"commit": "def456"}, "precision": "32-true"}))
    assert "different commits of the code (abc123, def456)" in said(compare(find_runs([tmp_path])))


def test_a_model_that_finds_nothing_is_named(runs, tmp_path):
    runs(alpha(0.2), alpha(0.8))
    file = tmp_path / "1" / "evaluation" / "summary.json"
    summary = json.loads(file.read_text())
    for recall, is_said in ((0.0, True), (0.001, False)):
        summary["test"]["recall"] = {"value": recall, "n": 8}
        file.write_text(json.dumps(summary))
        text = said(compare(find_runs([tmp_path])))
        assert ("No pixel of the lungs was found in the test set by run 1." in text) is is_said


def test_pairs_of_single_runs_are_marked_also_beside_repeats(runs):
    found = compare(runs(alpha(0.2), alpha(0.5), alpha(0.8, seed=1), alpha(0.8, seed=2)))
    assert "Pairs of single runs: a verdict is on these trained models" in said(found)


def test_runs_of_one_setting_evaluated_after_other_post_processing(runs):
    each = [{"settings": config(seed=seed), "postprocess": way}
            for seed, way in enumerate(["", "", "Lungs()"])]  # fmt: skip
    assert "other post-processing" not in said(compare(runs(*each[:2])))
    text = said(compare(runs(each[2])))
    assert "after other post-processing: none in 0, 1; Lungs() in 2." in text
