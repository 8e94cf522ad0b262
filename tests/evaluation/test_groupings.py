"""Groups of cases: stated limits, what is not known, and what names single cases."""

import numpy as np
import pytest

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError
from lungseg.evaluation.groupings import groupings, terciles


def cohort_of(*cases):
    """Cases with sex, scanner, spacing ``(z, y, x)`` in mm and lung voxels."""
    return Cohort("store", {
        f"c{k}": {"spacing_mm": spacing, "fingerprint": {"sex": sex, "scanner": scanner,
                                                         "n_positive": voxels}}
        for k, (sex, scanner, spacing, voxels) in enumerate(cases)
    })  # fmt: skip


MIXED = cohort_of(
    ("F", "A", [1.5, 0.7, 0.7], 1_000_000),
    ("M", "A", [1.5000001, 0.9, 0.9], 2_000_000),
    ("F", "A", [3.0, 0.7, 0.7], 1_000_000),
    ("", "A", [5.0, 0.8, 0.8], None),
)


def by_name(cohort, *arguments):
    return {one.name: one for one in groupings(cohort, *arguments)}


def test_by_default_what_is_known_and_varies():
    made = by_name(MIXED)
    assert list(made) == ["sex", "slice_spacing", "pixel_spacing", "lung_volume"]
    assert made["sex"].groups == ("F", "M", "unknown")
    assert made["sex"].group_of == {"c0": "F", "c1": "M", "c2": "F", "c3": "unknown"}


def test_spacings_have_fixed_limits_that_belong_to_the_lower_group():
    made = by_name(MIXED)
    assert list(made["slice_spacing"].group_of.values()) == [
        "up to 1.5 mm", "up to 1.5 mm", "above 1.5 to 3 mm", "above 3 mm",
    ]  # fmt: skip
    assert list(made["pixel_spacing"].group_of.values()) == [
        "up to 0.7 mm", "above 0.85 mm", "up to 0.7 mm", "above 0.7 to 0.85 mm",
    ]  # fmt: skip


def test_volumes_are_cut_at_terciles_and_unknown_without_a_mask():
    """735, 2430 and 1470 ml, in this order: thirds end at the first and the second of three."""
    made = by_name(MIXED)["lung_volume"]
    assert made.groups == ("up to 735 ml", "above 735 to 1470 ml", "above 1470 ml", "unknown")
    assert [made.groups.index(made.group_of[f"c{k}"]) for k in range(4)] == [0, 2, 1, 3]


def test_terciles_hold_a_third_each():
    values = np.random.default_rng(0).uniform(1000, 9000, 300)
    low, high = terciles(values.tolist())
    shares = [np.mean(values <= low), np.mean((low < values) & (values <= high))]
    assert np.allclose(shares, 1 / 3, atol=0.01)


def table(tmp_path, text):
    (tmp_path / "t.csv").write_text(text)
    return str(tmp_path / "t.csv")


def test_columns_of_a_table(tmp_path):
    file = table(
        tmp_path, "case,site,age,stage\nc0,N,40,1\nc1,S,50,2\nc2,N,,1\nc3,,60,2\nc4,N,70,1"
    )
    cohort = cohort_of(*[("F", "A", [3.0, 0.7, 0.7], 10)] * 5)
    assert list(by_name(cohort, None, file)) == ["site"]
    made = by_name(cohort, ["age", "stage", "site"], file)
    assert list(made) == ["age", "stage", "site"]
    assert made["site"].groups == ("N", "S", "unknown")
    assert made["stage"].groups == ("1", "2")
    assert made["age"].groups == ("up to 50", "above 50 to 60", "above 60", "unknown")
    assert made["age"].group_of["c2"] == "unknown"


def test_a_column_with_another_value_for_each_case_is_no_group(tmp_path):
    file = table(tmp_path, "case,site\nc0,Jane\nc1,John\nc2,Jill\nc3,Jack")
    assert "site" not in by_name(MIXED, None, file)
    with pytest.raises(ConfigError, match="'site' has another value for each case"):
        groupings(MIXED, ["site"], file)


def test_an_unknown_covariate_is_named_with_those_that_exist(tmp_path):
    with pytest.raises(ConfigError, match="no covariate 'site'; there are sex, .*split.table=FILE"):
        groupings(MIXED, ["site"])
    file = table(tmp_path, "case,stage\nc0,1\nc1,2\nc2,1\nc3,1")
    with pytest.raises(ConfigError, match="no covariate 'site'; there are sex, .*stage$"):
        groupings(MIXED, ["site"], file)
