"""What is compared with what, in which words."""

import itertools
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel, wilcoxon

from lungseg.errors import ConfigError, DataError
from lungseg.report.caveats import alarms, caveats
from lungseg.report.compare_tables import headlines, runs_frame
from lungseg.report.comparison import MANY, compare
from lungseg.runs.read import find_runs
from tests.report.fake_runs import SETS, config, write_run


@pytest.fixture
def runs(tmp_path):
    """Write runs, one a dictionary of arguments, and read them."""
    count = itertools.count()

    def make(*each):
        for arguments in each:
            number = next(count)
            write_run(tmp_path / str(number), chance=number, **arguments)
        return find_runs([tmp_path])

    return make


def alpha(value, **more):
    settings = {key: more.pop(key) for key in list(more) if "__" in key or key == "seed"}
    return {"settings": config(loss__alpha=value, **settings), **more}


def said(found):
    return " ".join([*alarms(found), *caveats(found)])


def test_only_what_was_set_is_named_as_different(runs):
    found = compare(
        runs(
            {"settings": config(optimizer__lr=0.1, outputs="a", seed=1)},
            {"settings": config(optimizer__lr=0.01, outputs="b", seed=1)},
        )
    )
    assert found.differences == ("optimizer.lr",)  # not max_lr, which follows it
    assert [one.name for one in found.settings] == ["optimizer.lr=0.1", "optimizer.lr=0.01"]


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


def test_an_option_stands_for_all_that_it_sets(runs):
    wide = {"model__depth": 4, "model__base_channels": 32}
    found = compare(
        runs(
            {},
            {"settings": config(**wide), "choices": {"model": "unet"}},
            {"settings": config(**wide, loss__alpha=0.2), "choices": {"model": "unet"}},
        )
    )
    assert {"model.depth", "model.base_channels", "loss.alpha"} <= set(found.differences)
    assert found.settings[0].name.startswith("model=unet_small, ")
    assert "depth" not in found.settings[1].name


SGD = {"_target_": "torch.optim.SGD", "lr": 0.1, "momentum": 0.0}


def test_a_choice_is_named_by_its_option_and_not_by_what_comes_with_it(runs):
    other = {"settings": config() | {"optimizer": SGD}, "choices": {"optimizer": "sgd"}}
    found = compare(runs({"choices": {"optimizer": "adam"}}, other))
    assert found.differences == ("optimizer._target_",)
    assert [one.name for one in found.varied] == ["optimizer"]
    assert [one.name for one in found.settings] == ["optimizer=adam", "optimizer=sgd"]
    assert list(runs_frame(found)["optimizer"]) == ["adam", "sgd"]


def test_a_class_without_an_option_is_named_by_itself(runs):
    found = compare(runs({}, {"settings": config() | {"optimizer": SGD}}))
    assert [one.name for one in found.settings] == ["optimizer=Adam", "optimizer=SGD"]


def test_what_was_typed_below_a_choice_is_a_difference(runs):
    faster = SGD | {"lr": 0.5}
    found = compare(
        runs(
            {"choices": {"optimizer": "adam"}},
            {"settings": config() | {"optimizer": SGD}, "choices": {"optimizer": "sgd"}},
            {
                "settings": config() | {"optimizer": faster},
                "choices": {"optimizer": "sgd"},
                "overrides": ["optimizer=sgd", "optimizer.lr=0.5"],
            },
        )
    )
    assert found.differences == ("optimizer._target_", "optimizer.lr")
    names = [one.name for one in found.settings]
    assert names == [f"optimizer={o}, lr={lr}" for o, lr in (("adam", 0.001), ("sgd", 0.1),
                                                             ("sgd", 0.5))]  # fmt: skip


def test_options_of_one_class_are_told_apart(runs):
    wide = {"settings": config(model__depth=4), "choices": {"model": "unet"}}
    attention = {"settings": config() | {"model": {"_target_": "monai.Net", "levels": 4}},
                 "choices": {"model": "monai_unet"}}  # fmt: skip
    found = compare(runs({}, wide, attention))
    names = [one.name for one in found.settings]
    assert names == ["model=unet_small", "model=unet", "model=monai_unet"]
    assert found.differences == ("model._target_", "model.depth")


def test_the_seed_of_a_split_is_not_called_seed(runs):
    found = compare(runs({}, alpha(0.2, split__seed=3)))
    assert found.settings[1].name == "split.seed=3, alpha=0.2"


def test_equal_numbers_written_otherwise_do_not_differ(runs):
    found = compare(runs(alpha(1), alpha(1.0, seed=5)))
    assert found.differences == ()
    assert len(found.settings) == 1


def test_settings_too_alike_for_their_digits_have_names_of_their_own(runs):
    found = compare(runs(alpha(0.123451), alpha(0.123452), alpha(0.5)))
    names = [one.name for one in found.settings]
    assert names == ["loss.alpha=0.1235 (run 0)", "loss.alpha=0.1235 (run 1)", "loss.alpha=0.5"]


def test_seeds_are_repeats(runs):
    each = [alpha(a, seed=seed, dsc=d) for a, d in ((0.2, 0.9), (0.8, 0.95)) for seed in (1, 2, 3)]
    found = compare(runs(*each))
    assert found.differences == ("loss.alpha",)
    assert [[run.seed for run in one.runs] for one in found.settings] == [[1, 2, 3]] * 2
    (pair,) = found.pairs
    assert pair.difference.n_seeds == (3, 3)
    assert pair.verdict == "better"
    assert pair.sentence.startswith("loss.alpha=0.8 is better than loss.alpha=0.2: volume DSC +0.0")
    assert "3 and 3 seeds" in pair.sentence
    assert "One run a setting" not in said(found)


def test_the_same_run_again_is_no_repeat(runs):
    found = compare(runs(alpha(0.2, seed=1), alpha(0.8, seed=1), alpha(0.8, seed=1)))
    assert "Runs 1 and 2 have the same settings and the same seed" in said(found)


def test_nothing_but_seeds_is_one_setting_without_pairs(runs):
    found = compare(runs(*({"settings": config(seed=seed)} for seed in (1, 2))))
    assert found.differences == ()
    assert found.pairs == ()
    assert found.groups[0].best is None


@pytest.mark.parametrize("metric", ["dsc", "hd95_mm"])
def test_pairs_by_case_agree_with_scipy(runs, metric):
    made = runs(*(alpha(a, dsc=d) for a, d in ((0.2, 0.9), (0.5, 0.93), (0.8, 0.95))))
    found = compare(made, metric=metric)
    tests = []
    for pair in found.pairs:
        one, other = (
            setting.runs[0].cases.query("split == 'test'").set_index("case")[metric].to_numpy()
            for setting in (pair.a, pair.b)
        )
        assert pair.difference.mean == pytest.approx((other - one).mean())
        tests.append(wilcoxon(other - one).pvalue)
        assert pair.difference.p == pytest.approx(tests[-1])
        low, high = pair.difference.ci95
        expected = ttest_rel(other, one).confidence_interval()
        assert low <= expected.low + 1e-12  # never narrower than Student's
        assert high >= expected.high - 1e-12
    assert max(pair.adjusted_p for pair in found.pairs) >= max(tests)
    # A better overlap and a smaller distance are both better.
    assert [pair.verdict for pair in found.pairs] == ["better"] * 3


def test_few_cases_cannot_tell(runs):
    sets = {"train": ["Case_000"], "test": SETS["test"][:4]}
    found = compare(runs(alpha(0.2, dsc=0.5, sets=sets), alpha(0.8, dsc=0.9, sets=sets)))
    (pair,) = found.pairs
    assert pair.verdict == "cannot be told"
    assert "cannot be told with 4 cases" in pair.sentence
    assert "4 can give no p below 0.125; 1 pair needs 6 cases" in said(found)


def test_cases_without_a_value_are_left_out_and_said(runs, tmp_path):
    runs(alpha(0.2), alpha(0.8, dsc=0.9))
    file = tmp_path / "1" / "evaluation" / "cases.csv"
    text = file.read_text().splitlines()
    cells = text[-1].split(",")
    cells[text[0].split(",").index("hd95_mm")] = ""
    file.write_text("\n".join([*text[:-1], ",".join(cells)]) + "\n")
    (pair,) = compare(find_runs([tmp_path]), metric="hd95_mm").pairs
    assert pair.undefined == (SETS["test"][-1],)
    assert pair.difference.n_cases == len(SETS["test"]) - 1
    assert "1 left out, undefined" in pair.sentence


def undefine(folder, rows):
    """Blank the HD95 of test cases (by place), and its mean."""
    file = folder / "evaluation" / "cases.csv"
    cases = pd.read_csv(file)
    test = cases.index[cases["split"] == "test"]
    cases.loc[test[rows], "hd95_mm"] = np.nan
    cases.to_csv(file, index=False)
    file = folder / "evaluation" / "summary.json"
    summary = json.loads(file.read_text())
    summary["test"]["hd95_mm_mean"] = {"value": None, "n": 0}
    file.write_text(json.dumps(summary))


def test_repeats_without_a_value_are_named(runs, tmp_path):
    runs(*(alpha(a, seed=seed) for a in (0.2, 0.8) for seed in (1, 2, 3)))
    undefine(tmp_path / "4", slice(None))
    found = compare(find_runs([tmp_path]), metric="hd95_mm")
    assert found.pairs[0].sentence.endswith(
        "cannot be told: HD95, mm is undefined in every case of run 4 (of 6 runs)."
    )
    assert headlines(found, found.settings[1])["test"]["hd95_mm_mean"]["n_runs"] == 2
    undefine(tmp_path / "0", slice(0, 4))
    undefine(tmp_path / "5", slice(4, None))
    write_run(tmp_path / "other" / "4", settings=config(loss__alpha=0.8, seed=2))
    shutil.rmtree(tmp_path / "4")
    found = compare(find_runs([tmp_path]), metric="hd95_mm")
    assert "in every case HD95, mm is undefined in at least one of the 6" in found.pairs[0].sentence


OTHER = {
    "cohort": ({"cohort": "1" * 64}, "the cohort"),
    "test cases": ({"sets": SETS | {"test": SETS["test"][1:]}}, "the test cases"),
    "training cases": ({"sets": SETS | {"train": ["Case_000"]}}, "the train cases"),
    "threshold": ({"threshold": 0.7}, r"the threshold (0.7; A: 0.5)"),
}


@pytest.mark.parametrize("what", OTHER)
def test_runs_on_other_ground_are_not_ranked_against_each_other(runs, what):
    arguments, words = OTHER[what]
    found = compare(runs(alpha(0.2), alpha(0.5), alpha(0.8, **arguments), alpha(0.9, **arguments)))
    assert [len(group.settings) for group in found.groups] == [2, 2]
    assert [(pair.a.group, pair.b.group) for pair in found.pairs] == [("A", "A"), ("B", "B")]
    assert "Not comparable: the runs fall into 2 groups" in alarms(found)[0]
    assert words in said(found)


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


def test_many_settings_are_each_compared_with_one(runs):
    each = [alpha(0.1 * k, dsc=0.9 + 0.01 * (k == 4)) for k in range(MANY + 1)]
    found = compare(runs(*each))
    assert {pair.a.runs[0].name for pair in found.pairs} == {"0"}  # never the best by test
    assert len(found.pairs) == MANY
    assert "each is compared with loss.alpha=0 alone" in said(found)
    found = compare(found.runs, reference="loss.alpha=0.3")
    assert {pair.a.name for pair in found.pairs} == {"loss.alpha=0.3"}


def test_validation_chooses_where_there_is_any(runs):
    sets = SETS | {"val": ["Case_011", "Case_012"]}
    each = [alpha(0.1 * k, dsc=0.9 + 0.02 * (k == 4), sets=sets) for k in range(MANY + 1)]
    found = compare(runs(*each))
    (group,) = found.groups
    assert (group.chosen_by, group.best.name) == ("val", "loss.alpha=0.4")
    assert {pair.a.name for pair in found.pairs} == {"loss.alpha=0.4"}
    assert "to choose by the test set" not in said(found)


def test_what_a_choice_by_the_test_set_is_worth_is_said(runs):
    found = compare(runs(alpha(0.2, dsc=0.9), alpha(0.8, dsc=0.95)))
    assert "loss.alpha=0.8 has the highest mean volume DSC of 2" in said(found)
    assert "choose by the test set" in said(found)
    found = compare(found.runs, metric="hd95_mm")
    assert "loss.alpha=0.8 has the lowest mean HD95" in said(found)


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


def test_misuse(runs):
    made = runs(alpha(0.2), alpha(0.8))
    with pytest.raises(ConfigError, match="metric=dice: must be one of dsc"):
        compare(made, metric="dice")
    with pytest.raises(ConfigError, match="set=val: run 0 has no such set; there are train, test"):
        compare(made, set_name="val")
    with pytest.raises(
        ConfigError, match="reference=7: no completed run of that name; there are 0, 1"
    ):
        compare(made, reference="7")
    with pytest.raises(DataError, match=r"one run \(0\) is nothing to compare"):
        compare(made[:1])
    more = runs(alpha(0.9, state="pruned", error="others were ahead"))
    with pytest.raises(
        DataError, match="1 of 2 runs completed.* run 2 is pruned: others were ahead"
    ):
        compare([more[0], more[2]])


def test_case_numbers_are_paired_by_name_not_by_row(runs, tmp_path):
    made = runs(alpha(0.2), alpha(0.8, dsc=0.9))
    before = compare(made).pairs[0].difference
    file = tmp_path / "1" / "evaluation" / "cases.csv"
    head, *rows = file.read_text().splitlines()
    file.write_text("\n".join([head, *reversed(rows)]) + "\n")
    after = compare(find_runs([tmp_path])).pairs[0].difference
    assert after == before
    assert np.isfinite(before.mean)


def test_an_environment_variable_is_a_setting_of_its_own(runs, tmp_path):
    """Typed alike, ``${oc.env:ALPHA}`` may have meant another number each time."""
    found = runs({"settings": config(loss__alpha="${oc.env:ALPHA}")},
                 {"settings": config(loss__alpha="${oc.env:ALPHA}")})  # fmt: skip
    for number, value in enumerate((0.2, 0.8)):
        file = tmp_path / str(number) / "provenance.json"
        made_by = json.loads(file.read_text())
        made_by["config"]["loss"]["alpha"] = value
        file.write_text(json.dumps(made_by))
    assert compare(find_runs([tmp_path])).differences == ("loss.alpha",)
    assert found[0].derived["loss.alpha"] == "${oc.env:ALPHA}"


def test_runs_of_different_code_or_precision_are_said_to_be(runs, tmp_path):
    runs(alpha(0.2), alpha(0.8))
    file = tmp_path / "1" / "provenance.json"
    made_by = json.loads(file.read_text())
    file.write_text(json.dumps(made_by | {"git": {"commit": "def456"}, "precision": "32-true"}))
    assert "different commits of the code (abc123, def456)" in said(compare(find_runs([tmp_path])))


def test_pairs_of_single_runs_are_marked_also_beside_repeats(runs):
    found = compare(runs(alpha(0.2), alpha(0.5), alpha(0.8, seed=1), alpha(0.8, seed=2)))
    assert "Pairs of single runs: a verdict is on these trained models" in said(found)
