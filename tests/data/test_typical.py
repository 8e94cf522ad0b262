"""What is expected after some cases, by hand; and what cases of older stores are like."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from lungseg.data import store as stores
from lungseg.data.anatomy import anatomy_of
from lungseg.data.case import Case
from lungseg.data.cohort import Cohort, open_cohort
from lungseg.data.prepare import prepare
from lungseg.data.typical import LUNG_QUANTITIES, quantities_of, ranges_of, typical_of
from lungseg.sources.lctsc import LctscFolder
from lungseg.volume import Volume

NONE = {"volume_ml": 0.0, "mean_hu": None, "n_components": 0, "centre": None, "extent_mm": None}


def lung(ml=2000.0, hu=-700.0, parts=1, x=0.3, extent=(200.0, 150.0, 100.0)):
    return {
        "volume_ml": ml,
        "mean_hu": hu,
        "n_components": parts,
        "centre": [0.5, 0.4, x],
        "extent_mm": list(extent),
    }


def pair(**right):
    return {"right": lung(**right), "left": lung(1000.0, x=0.6, extent=(100.0, 100.0, 100.0))}


def expected(anatomies, key):
    return ranges_of(anatomies)["quantities"][key]


def test_the_quantities_of_a_scan():
    assert quantities_of(pair()) == pytest.approx(
        {
            "right_volume_ml": 2000,
            "left_volume_ml": 1000,
            "right_mean_hu": -700,
            "left_mean_hu": -700,
            "right_n_components": 1,
            "left_n_components": 1,
            "volume_ratio": 2,
            "height_ratio": 2,
            "depth_ratio": 1.5,
            "width_ratio": 1,
            "centre_z": 50,
            "centre_y": 40,
            "centre_x": 40,  # 2/3 of the way from 60 to 30
        }
    )
    assert quantities_of(pair()).keys() == LUNG_QUANTITIES.keys()


def test_a_missing_lung_has_none_and_there_is_no_ratio():
    left = {"left_volume_ml": 2000.0, "left_mean_hu": -700.0, "left_n_components": 1.0}
    assert quantities_of({"right": NONE, "left": lung()}) == left
    assert quantities_of({"right": NONE, "left": NONE}) == {}
    ranges = ranges_of([pair(), {"right": NONE, "left": lung(1000.0)}])
    assert ranges["n"] == 2
    assert ranges["quantities"]["right_volume_ml"]["n"] == 1
    assert ranges["quantities"]["left_volume_ml"]["n"] == 2


def test_few_cases_give_no_narrow_range():
    for anatomies in ([pair()], [pair(), pair()], [pair()] * 3):
        volume = expected(anatomies, "right_volume_ml")
        assert volume["mean"] == 2000
        assert (volume["low"], volume["high"]) == (800, 5000)  # the floor, a ratio of 2.5
        hu = expected(anatomies, "right_mean_hu")
        assert (hu["low"], hu["mean"], hu["high"], hu["sd"]) == (-850, -700, -550, 0)


def test_cases_that_differ_more_than_the_floor_give_a_wider_range():
    # Two cases, geometric mean 2000 ml, a ratio of 4 apart.
    volume = expected([pair(ml=1000.0), pair(ml=4000.0)], "right_volume_ml")
    sd = math.log(4) / math.sqrt(2)
    reach = math.exp(3 * sd * math.sqrt(1.5))
    assert volume["mean"] == pytest.approx(2000, rel=1e-5)
    assert volume["sd"] == pytest.approx(math.exp(sd), rel=1e-5)
    assert volume["low"] == pytest.approx(2000 / reach, rel=1e-5)
    assert volume["high"] == pytest.approx(2000 * reach, rel=1e-5)
    # Three, mean -700 HU, SD 100 HU.
    hu = expected([pair(hu=-800.0), pair(), pair(hu=-600.0)], "right_mean_hu")
    assert hu["sd"] == pytest.approx(100)
    assert hu["low"] == pytest.approx(-700 - 300 * math.sqrt(4 / 3), rel=1e-5)


def test_every_case_is_inside_its_own_range():
    # 19 alike and one far off: 3 SD around their mean would leave it out.
    anatomies = [pair()] * 19 + [pair(hu=200.0)]
    hu = expected(anatomies, "right_mean_hu")
    assert hu["mean"] == pytest.approx(-655)
    assert hu["mean"] + 3 * hu["sd"] * math.sqrt(21 / 20) < 200
    assert hu["high"] == 200


@pytest.fixture
def cohort(three_cases, tmp_path):
    return prepare(LctscFolder(three_cases), tmp_path / "store", settings="a")


def test_a_case_is_measured_when_it_is_prepared(cohort, phantom_root):
    case = LctscFolder(phantom_root).read("Case_001")
    middle = case.mask.shape[2] // 2
    labels = case.mask * (1 + (np.arange(case.mask.shape[2]) > middle)).astype(np.uint8)
    by_half = anatomy_of(Volume(case.volume.voxels, case.volume.affine), labels)
    stored = cohort.cases["Case_001"]["anatomy"]
    both = sum(by_half[side]["volume_ml"] for side in by_half)
    assert sum(stored[side]["volume_ml"] for side in stored) == pytest.approx(both)
    assert stored["right"]["volume_ml"] == pytest.approx(by_half["right"]["volume_ml"], rel=0.1)


def test_cases_of_an_older_store_are_measured_when_needed(cohort, three_cases):
    expected = typical_of(cohort, cohort.names)
    files = [Path(cohort.store) / f"{name}.zarr" / "zarr.json" for name in cohort.names]
    for file in files:
        content = json.loads(file.read_text())
        assert content["attributes"].pop("anatomy")["left"]["volume_ml"] > 0
        del content["attributes"]["sha256"], content["attributes"]["checksums"]
        file.write_text(json.dumps(content))
    texts = [file.read_text() for file in files]
    old = open_cohort(cohort.store)
    assert typical_of(old, old.names) == expected
    assert old.sha256 == cohort.sha256
    # Nor is such a store prepared again.
    again = prepare(LctscFolder(three_cases), cohort.store, settings="a")
    assert all("anatomy" not in case for case in again.cases.values())
    assert [file.read_text() for file in files] == texts


def test_what_the_store_says_is_not_measured_again(cohort):
    cohort.cases["Case_001"]["anatomy"]["left"]["volume_ml"] = 1e6
    assert typical_of(cohort, ["Case_001"])["quantities"]["left_volume_ml"]["mean"] == 1e6


def test_the_sides_of_an_older_store_count(tmp_path):
    """A source says that the lung in the right half is the left one."""
    mask = np.zeros((4, 8, 8), np.uint8)
    mask[1:3, 2:6, 1:3] = 1
    volume = Volume(np.full(mask.shape, -800, np.int16), np.diag([10.0] * 3 + [1])[:, [2, 1, 0, 3]])
    case = Case("a", volume, mask, {}, {"findings": []}, "", sides=2 * mask)
    attributes = stores.write_case(tmp_path, case, "")
    del attributes["anatomy"]
    made = typical_of(Cohort(str(tmp_path), {"a": attributes}), ["a"])
    assert made["quantities"].keys() == {"left_volume_ml", "left_mean_hu", "left_n_components"}
    assert made["quantities"]["left_volume_ml"]["mean"] == 16


def test_it_is_made_of_numbers_that_a_checkpoint_can_hold(cohort):
    made = typical_of(cohort, cohort.names)
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert type(made["quantities"]["volume_ratio"]["low"]) is float


def test_cases_without_mask_have_no_anatomy(three_cases, tmp_path):
    cohort = prepare(LctscFolder(three_cases, "none"), tmp_path / "alone")
    assert {case["anatomy"] for case in cohort.cases.values()} == {None}
