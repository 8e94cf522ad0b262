"""Cross-validations compared: folds joined, pools read, pairs by case over all folds."""

import json

import numpy as np
import pandas as pd
import pytest

from lungseg.metrics.crossvalidation import Folds
from lungseg.metrics.difference import paired_difference
from lungseg.report.caveats import alarms
from lungseg.report.compare_tables import as_json, runs_frame
from lungseg.report.comparison import compare
from lungseg.report.crossvalidated import folds_of
from lungseg.runs.find import find_runs
from tests.report.fake_runs import config, said, write_run

NAMES = [f"Case_{k:03d}" for k in range(9)]


def fold(number, value=0.5, k=3, seed=0, split_seed=0, val=(), **more):
    """Arguments of a run that was tested on every k-th of nine cases."""
    split = {"_target_": "lungseg.splits.KFold", "k": k, "fold": number, "seed": split_seed,
             "val": len(val)}  # fmt: skip
    test = [name for place, name in enumerate(NAMES) if (place + split_seed) % k == number]
    train = [name for name in NAMES if name not in (*test, *val)]
    sets = {"train": train, "test": test} | ({"val": list(val)} if val else {})
    return {"settings": config(loss__alpha=value, split=split, seed=seed), "sets": sets} | more


def folds(value, k=3, **more):
    return [fold(number, value, k, **more) for number in range(k)]


def write_pool(folder, value=0.5, k=3, chance=0, **more):
    """A folder as ``lungseg pool`` writes it."""
    made = fold(0, value, k, **more)
    made["settings"]["split"]["fold"] = "all"
    write_run(folder, chance=chance, **(made | {"sets": {"test": NAMES}}))
    file = folder / "provenance.json"
    provenance = json.loads(file.read_text())
    provenance["pool"] = {"runs": ["0"], "folds": {name: i % k for i, name in enumerate(NAMES)}}
    file.write_text(json.dumps(provenance))


def numbers(runs, value):
    """DSC by case out of fold, from the tables."""
    tables = [run.cases for run in runs if run.config["loss.alpha"] == value]
    cases = pd.concat(table[table["split"] == "test"] for table in tables)
    return cases.set_index("case").loc[NAMES, "dsc"].to_numpy()


def test_settings_are_paired_by_case_over_all_folds(runs):
    made = runs(*folds(0.2), *folds(0.8))
    found = compare(made)
    (pair,) = found.pairs
    expected = paired_difference(
        numbers(made, 0.2)[None],
        numbers(made, 0.8)[None],
        folds=Folds(np.arange(9)[None] % 3, 1 / 6),
        limit=1.0,
    )
    assert pair.difference == expected
    assert pair.difference.n_cases == 9
    assert [one.name for one in found.settings] == ["loss.alpha=0.2", "loss.alpha=0.8"]
    assert found.differences == ("loss.alpha",)
    assert "with 9 cases, cross-validated, p = " in pair.sentence


def test_what_is_said_of_folds(runs):
    found = compare(runs(*folds(0.2), *folds(0.8)))
    assert alarms(found) == []
    assert "Cross-validated: 0, 1, 2 (3 folds); 3, 4, 5 (3 folds). Each case" in said(found)
    assert "One run a setting" not in said(found)


def test_tables_have_a_row_for_each_cross_validation(runs):
    made = runs(*folds(0.2, epochs=3), *folds(0.8)[:2], fold(2, 0.8, epochs=9))
    found = compare(made)
    frame = runs_frame(found)
    assert frame["run"].tolist() == ["0, 1, 2 (3 folds)", "3, 4, 5 (3 folds)"]
    assert frame["epochs"].tolist() == [3, pd.NA]
    assert frame["test/volume_dsc_mean"].tolist() == pytest.approx(
        [numbers(made, value).mean() for value in (0.2, 0.8)]
    )
    assert (frame["test/volume_dsc_mean_low"] < frame["test/volume_dsc_mean"]).all()
    assert frame["test/dsc_mean_nonempty"].isna().all()  # of slices: lungseg pool
    assert as_json(found)["runs"][0]["folds"]["Case_004"] == ("1",)


def explicit(made, val=None):
    return {"_target_": "lungseg.splits.Explicit", "test": made["sets"]["test"], "val": val}


def site(made):
    number = made["settings"]["split"]["fold"]
    return {"_target_": "lungseg.splits.LeaveOneSiteOut", "site": f"site {number}"}


@pytest.mark.parametrize("split", [explicit, site])
def test_folds_by_other_keys(runs, split):
    each = [*folds(0.2), *folds(0.8)]
    for made in each:
        made["settings"]["split"] = split(made)
    (pair,) = compare(runs(*each)).pairs
    assert pair.difference.n_cases == 9


def test_lists_of_validation_cases_belong_to_the_fold(runs):
    each = [*folds(0.2), *folds(0.8)]
    for made in each:
        val = [made["sets"]["train"].pop()]
        made["sets"] |= {"val": val}
        made["settings"]["split"] = explicit(made, val)
    assert compare(runs(*each)).differences == ("loss.alpha",)


def test_what_pool_would_refuse_is_not_joined(runs):
    """Random test cases that happen to be disjoint; a case that the model was trained on."""
    drawn = [*folds(0.2), *folds(0.8)]
    for number, made in enumerate(drawn):
        made["settings"]["split"] = {"_target_": "lungseg.splits.Fraction", "seed": number}
    assert "Cross-validated" not in said(compare(runs(*drawn)))
    seen = folds(0.2)
    seen[1]["sets"]["train"] = [*seen[1]["sets"]["train"], seen[1]["sets"]["test"][0]]
    assert "Cross-validated" not in said(compare(runs(*seen)))


def test_the_same_missing_fold_is_told(runs):
    found = compare(runs(*folds(0.2)[:2], *folds(0.8)[:2]))
    assert len(found.pairs) == 1
    lost = "Fold 2 of 3 is missing: Case_002, Case_005, Case_008 are in no number here."
    assert f"0, 1 (2 folds): {lost}" in said(found)


def test_seeds_and_other_divisions_are_repeats(runs):
    each = [folds(value, seed=seed, split_seed=division)
            for value in (0.2, 0.8) for seed, division in ((0, 0), (1, 0), (0, 1))]  # fmt: skip
    found = compare(runs(*(run for made in each for run in made)))
    (pair,) = found.pairs
    assert pair.difference.n_seeds == (3, 3)
    assert "3 and 3 repeats" in pair.sentence
    assert len(folds_of(pair.a, pair.b).partitions) == 1  # i % 3 and (i + 1) % 3 divide alike


def test_other_divisions_are_partitions_of_their_own(runs):
    each = [*folds(0.2), *folds(0.8, k=4)]
    (pair,) = compare(runs(*each)).pairs
    partitions = folds_of(pair.a, pair.b).partitions
    assert sorted(len(set(row)) for row in partitions) == [3, 4]


def test_cases_of_the_validation_set_were_not_trained_on(runs):
    each = [fold(k, value, val=[NAMES[(k + 1) % 3]]) for value in (0.2, 0.8) for k in range(3)]
    (pair,) = compare(runs(*each)).pairs
    assert folds_of(pair.a, pair.b).shared == pytest.approx(1 / 5)


@pytest.mark.parametrize(
    "change",
    [{"cohort": "b" * 64}, {"threshold": 0.4}, {"empty_dsc": "nan"}, {"postprocess": "Lungs()"}],
)
def test_runs_that_were_not_evaluated_alike_are_not_joined(runs, change):
    each = [*folds(0.2)[:2], fold(2, 0.2, **change), *folds(0.8)]
    found = compare(runs(*each))
    assert "2 folds" in said(found)
    assert found.pairs == ()


def test_a_missing_fold_is_not_compared(runs):
    found = compare(runs(*folds(0.2), *folds(0.8)[:2]))
    assert found.pairs == ()
    assert "Not comparable" in alarms(found)[0]
    assert "the test cases" in said(found)


def test_a_fold_names_its_setting_as_reference(runs):
    each = [run for value in (0.2, 0.5, 0.8) for run in folds(value)]
    found = compare(runs(*each), reference="4")
    assert {pair.a.name for pair in found.pairs} == {"loss.alpha=0.5"}


class TestPools:
    @pytest.fixture
    def pools(self, tmp_path):
        for place, value in enumerate((0.2, 0.8)):
            write_pool(tmp_path / "pooled" / str(value), value, chance=place)
        return tmp_path

    def test_they_are_compared_as_cross_validations(self, pools):
        made = find_runs([pools], pooled=True)
        (pair,) = compare(made).pairs
        expected = paired_difference(
            numbers(made, 0.2)[None],
            numbers(made, 0.8)[None],
            folds=Folds(np.arange(9)[None] % 3, 1 / 6),
            limit=1.0,
        )
        assert pair.difference == expected
        assert "cross-validated" in pair.sentence

    def test_their_numbers_are_their_own(self, pools):
        found = compare(find_runs([pools], pooled=True))
        assert runs_frame(found)["test/dsc_mean_nonempty"].notna().all()

    def test_folds_beside_their_pool_count_once(self, pools):
        for place, made in enumerate([*folds(0.2), *folds(0.8)]):
            write_run(pools / str(place), chance=place, **made)
        found = compare(find_runs([pools], pooled=True))
        assert [run.name for run in found.runs] == ["pooled/0.2", "pooled/0.8"]
        assert [len(one.runs) for one in found.settings] == [1, 1]

    def test_a_pool_is_paired_with_plain_folds(self, pools):
        for place, made in enumerate(folds(0.5)):
            write_run(pools / str(place), chance=9 + place, **made)
        found = compare(find_runs([pools], pooled=True))
        assert len(found.pairs) == 3
        assert {pair.difference.n_cases for pair in found.pairs} == {9}

    def test_repeats_and_a_share_for_validation(self, tmp_path):
        for place, (value, seed) in enumerate([(0.2, 0), (0.2, 1), (0.8, 0), (0.8, 1)]):
            write_pool(tmp_path / str(place), value, chance=place, seed=seed)
            file = tmp_path / str(place) / "provenance.json"
            record = json.loads(file.read_text())
            record["config"]["split"]["val"] = 0.2  # two of nine
            file.write_text(json.dumps(record))
        (pair,) = compare(find_runs([tmp_path], pooled=True)).pairs
        assert pair.difference.n_seeds == (2, 2)
        assert folds_of(pair.a, pair.b).shared == pytest.approx(1 / 4)

    def test_one_of_several_repeats_counts_instead_of_its_folds(self, tmp_path):
        """It lists the seeds and the folds of its repeats, here of two divisions."""
        for place, value in enumerate((0.2, 0.8)):
            write_pool(tmp_path / "pooled" / str(value), value, chance=place)
            file = tmp_path / "pooled" / str(value) / "provenance.json"
            record = json.loads(file.read_text())
            record["config"]["split"]["seed"] = [0, 7]
            folds_of_two = {name: [str(i % 3), str(i // 3)] for i, name in enumerate(NAMES)}
            record["pool"]["folds"] = folds_of_two
            file.write_text(json.dumps(record))
        for place, made in enumerate([*folds(0.2), *folds(0.8)]):
            write_run(tmp_path / str(place), chance=place, **made)
        found = compare(find_runs([tmp_path], pooled=True))
        assert [run.name for run in found.runs] == ["pooled/0.2", "pooled/0.8"]
        (pair,) = found.pairs
        both = folds_of(pair.a, pair.b)
        assert both.partitions.astype(int).tolist() == [
            [0, 1, 2, 0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, 1, 2, 2, 2],
        ]  # fmt: skip
        assert both.shared == pytest.approx(1 / 6)

    def test_other_seeds_than_a_pools_are_no_folds_of_it(self, pools):
        for place, made in enumerate(folds(0.2, seed=5)):
            write_run(pools / str(place), chance=place, **made)
        found = compare(find_runs([pools], pooled=True))
        assert sorted(len(one.runs) for one in found.settings) == [1, 2]


def test_the_same_cross_validation_twice_is_no_repeat(tmp_path):
    for place, value in enumerate((0.2, 0.2, 0.8)):
        write_pool(tmp_path / str(place), value, chance=place)
    found = compare(find_runs([tmp_path], pooled=True))
    assert "Runs 0 and 1 have the same settings and the same seed" in said(found)
