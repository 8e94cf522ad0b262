"""A network that finds lung by HU, whose answers under each corruption are known."""

import pickle

import numpy as np
import pytest

from lungseg.evaluation.run import evaluate
from lungseg.evaluation.stress.choice import CORRUPTIONS
from lungseg.evaluation.stress.corruption import Corruption
from lungseg.evaluation.stress.run import stress_test
from lungseg.evaluation.stress.slices import KEPT, CorruptedSlices
from lungseg.inference.postprocess import Lungs
from tests.evaluation.stress import chests


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return chests.cohort(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def levels(cohort, tmp_path_factory):
    task, network_input = chests.task(cohort, tmp_path_factory.mktemp("run"))
    return stress_test(task, network_input, list(CORRUPTIONS.values()), seed=3)


def dsc(levels, name):
    """Mean over cases by level."""
    return [np.mean([row["dsc"] for row in level.numbers.values()])
            for level in levels if level.corruption == name]  # fmt: skip


def exactly(one, other):
    """Whether numbers by name are the same, undefined ones too."""
    return one.keys() == other.keys() and all(
        np.array_equal(one[key], other[key], equal_nan=True) for key in one
    )


@pytest.mark.parametrize(
    ("settings", "postprocess"),
    [({}, None), ({"context": 1}, Lungs()), ({"outside": "soft", "crop": "body"}, None)],
)
def test_without_corruption_the_numbers_are_those_of_the_evaluation(
    cohort, tmp_path, settings, postprocess
):
    task, network_input = chests.task(cohort, tmp_path, postprocess, **settings)
    cases = evaluate(task).cases.set_index("case").drop(columns="split")
    clean, *others = stress_test(task, network_input, [CORRUPTIONS["noise"]], seed=0)
    assert list(clean.numbers) == ["c0", "c1"]
    for case, numbers in clean.numbers.items():
        assert exactly(numbers, cases.loc[case].to_dict())
    assert not exactly(others[-1].numbers["c0"], clean.numbers["c0"])
    assert clean.picture != others[-1].picture


@pytest.mark.parametrize("name", ["noise", "blur", "shift", "thickness", "dose"])
def test_what_hides_lung_lowers_the_overlap_more_and_more(levels, name):
    values = dsc(levels, name)
    assert values[0] == 1
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.97


def test_a_network_that_sees_pixels_alone_minds_neither_a_turn_nor_another_field(levels):
    """The reference follows. Any turn costs the same: at the skin, air and tissue are mixed."""
    assert dsc(levels, "crop")[:3] == [1, 1, 1]
    assert dsc(levels, "enlarge") == [1] * 5
    turned = dsc(levels, "rotate")[1:]
    assert min(turned) > 0.85
    assert np.ptp(turned) < 0.03
    for level in levels:
        if level.corruption == "rotate":
            assert min(row["recall"] for row in level.numbers.values()) > 0.93


def test_a_larger_field_leaves_every_number_of_a_case(levels):
    clean, *larger = [level for level in levels if level.corruption == "enlarge"]
    for level in larger:
        for name, row in level.numbers.items():
            before = clean.numbers[name]
            same = row.keys() - {
                "tn",
                "farthest_mm",
                *(k for k in row if k.endswith("specificity")),
            }
            same -= {key for key in row if key.endswith("_tn")}
            assert exactly({k: row[k] for k in same}, {k: before[k] for k in same})
            assert row["tn"] > before["tn"]


def test_sides_follow_a_turn_and_a_smaller_field(levels, cohort):
    for level in levels:
        if level.corruption == "rotate":
            for row in level.numbers.values():
                assert min(row["right_dsc"], row["left_dsc"]) > 0.8
    rows = [level.numbers["c0"] for level in levels if level.corruption == "crop"]
    volumes = [row["right_volume_ml"] for row in rows]
    assert volumes[:2] == [volumes[0]] * 2
    assert volumes[3] < volumes[0]


def test_all_is_drawn_from_seed_scan_and_slice(cohort, levels, tmp_path):
    task, network_input = chests.task(cohort, tmp_path)
    one = CORRUPTIONS["noise"]
    again = stress_test(task, network_input, [one], seed=3)
    first = [level for level in levels if level.corruption == "noise"]
    for before, after in zip(first, again, strict=True):
        assert exactly(before.numbers["c1"], after.numbers["c1"])
        assert before.picture == after.picture
    made = {"corruption": one, "strength": 20.0}
    slices = CorruptedSlices(cohort, ["c0", "c1"], network_input, **made, seed=3)
    copied = pickle.loads(pickle.dumps(slices))
    alone = CorruptedSlices(cohort, ["c1"], network_input, **made, seed=3)
    other = CorruptedSlices(cohort, ["c1"], network_input, **made, seed=4)
    for z in (7, 0):  # in any order
        image = slices[8 + z]["image"]
        for same in (copied[8 + z], alone[z]):
            assert np.array_equal(image, same["image"])
        assert not np.array_equal(image, other[z]["image"])
        assert image.dtype == copied[8 + z]["image"].dtype
    assert len(slices._made._made) <= KEPT


class Nothing(Corruption):
    """No patient is left."""

    name, unit, strengths, words = "nothing", "", (1.0,), "."

    def image(self, scan, z, strength):
        return np.full_like(scan.hu(z), -1000)


def test_a_scan_without_a_patient_counts_as_missed(cohort, tmp_path):
    task, network_input = chests.task(cohort, tmp_path, outside="soft", crop="body")
    clean, gone = stress_test(task, network_input, [Nothing()], seed=0)
    assert not clean.refused
    assert gone.refused == {"c0", "c1"}
    for row in gone.numbers.values():
        assert (row["dsc"], row["missed"], row["hd95_mm"]) == (0, 1, row["farthest_mm"])
