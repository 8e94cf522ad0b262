"""Pairs of settings on the same cases."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel, wilcoxon

from lungseg.errors import DataError
from lungseg.report.compare_tables import headlines
from lungseg.report.comparison import compare
from lungseg.report.pairs import MANY
from lungseg.runs.find import find_runs
from tests.report.fake_runs import SETS, alpha, config, said, write_run


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
    assert "with 4 cases no p can be below 0.125; 1 pair needs 6 cases" in said(found)


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


def test_many_settings_are_each_compared_with_one(runs):
    each = [alpha(0.1 * k, dsc=0.9 + 0.01 * (k == 4)) for k in range(MANY + 1)]
    found = compare(runs(*each))
    assert {pair.a.runs[0].name for pair in found.pairs} == {"0"}  # never the best by test
    assert len(found.pairs) == MANY
    assert "each is compared with loss.alpha=0 alone" in said(found)
    found = compare(found.runs, reference="loss.alpha=0.3")
    assert {pair.a.name for pair in found.pairs} == {"loss.alpha=0.3"}


def test_case_numbers_are_paired_by_name_not_by_row(runs, tmp_path):
    made = runs(alpha(0.2), alpha(0.8, dsc=0.9))
    before = compare(made).pairs[0].difference
    file = tmp_path / "1" / "evaluation" / "cases.csv"
    head, *rows = file.read_text().splitlines()
    file.write_text("\n".join([head, *reversed(rows)]) + "\n")
    after = compare(find_runs([tmp_path])).pairs[0].difference
    assert after == before
    assert np.isfinite(before.mean)


def with_columns(runs, tmp_path, **columns):
    """Two runs; columns of the last case of the second, by name."""
    runs(alpha(0.2), alpha(0.8, dsc=0.9))
    for number in (0, 1):
        file = tmp_path / str(number) / "evaluation" / "cases.csv"
        frame = pd.read_csv(file)
        for name, (usual, last) in columns.items():
            frame[name] = usual
            if number == 1:
                frame.loc[frame.index[-1], name] = last
        frame.to_csv(file, index=False)
    return find_runs([tmp_path])


def test_an_invented_lung_counts_against_a_run_that_invented_none(runs, tmp_path):
    with_columns(runs, tmp_path, volume_ml=(9, 0), predicted_volume_ml=(9, 0), missed=(0, 0))
    for number, (predicted, hd95) in enumerate([(0, None), (5, 600)]):
        file = tmp_path / str(number) / "evaluation" / "cases.csv"
        frame = pd.read_csv(file)
        frame.loc[frame.index[-1], ["volume_ml", "predicted_volume_ml"]] = 0, predicted
        frame.loc[frame.index[-1], "hd95_mm"] = hd95
        frame.to_csv(file, index=False)
    made = find_runs([tmp_path])
    (pair,) = compare(made, metric="hd95_mm").pairs
    assert pair.undefined == ()
    one, other = (run.cases.query("split == 'test'")["hd95_mm"].to_numpy() for run in made)
    gaps = [*(other - one)[:-1], 600]
    assert pair.difference.mean == pytest.approx(np.mean(gaps))


def test_an_interval_ends_where_the_metric_does(runs, tmp_path):
    made = with_columns(runs, tmp_path, dsc=(0.9, 0.0), hd95_mm=(1.0, 600.0),
                        farthest_mm=(620.0, 620.0), missed=(0, 1))  # fmt: skip
    sets = {"train": ["Case_000"], "test": SETS["test"][-3:]}
    for run in made:
        file = run.folder / "evaluation" / "cases.csv"
        frame = pd.read_csv(file)
        keep = frame["case"].isin([*sets["train"], *sets["test"]])
        frame[keep].to_csv(file, index=False)
    made = find_runs([tmp_path])
    (dsc,), (hd95,) = (compare(made, metric=name).pairs for name in ("dsc", "hd95_mm"))
    assert dsc.difference.ci95 == (-1, pytest.approx(-0.3 + 4.303 * 0.3, abs=1e-3))
    assert hd95.difference.ci95[1] == 620


def test_a_run_whose_missed_lungs_have_no_distances_has_to_be_evaluated_again(runs, tmp_path):
    made = with_columns(runs, tmp_path, right_tp=(5, 0), right_fn=(1, 6))
    with pytest.raises(DataError, match=r"run 1 missed a lung .* evaluate it again"):
        compare(made, metric="hd95_mm")
    assert compare(made).pairs


def test_a_case_without_lung_is_no_missed_lung(runs, tmp_path):
    made = with_columns(runs, tmp_path, tp=(5, 0), fn=(1, 0))
    assert compare(made, metric="hd95_mm").pairs
