"""Lungs are recognized by name, and combined into one mask by stated rules."""

import numpy as np
import pytest

from lungseg.errors import ConfigError, DataError
from lungseg.sources.lungs import LungNames, combine, pick

# Those of the sources' YAML.
NAMES = LungNames(
    left=[
        r"lungs?[ _.-]*(l|lt|left)",
        r"(l|lt|left)[ _.-]*lungs?",
        r"(linke[ _.-]*lunge|lunge[ _.-]*(li|links))",
    ],
    right=[
        r"lungs?[ _.-]*(r|rt|right)",
        r"(r|rt|right)[ _.-]*lungs?",
        r"(rechte[ _.-]*lunge|lunge[ _.-]*(re|rechts))",
    ],
    both=[
        r"lungs?",
        r"lungs?[ _.-]*(both|total|bilat|bilateral|combined|l[ _.+&-]*r|r[ _.+&-]*l)",
        r"(both|total|bilateral|combined|whole)[ _.-]*lungs?",
        r"(beide[ _.-]*)?lungen?",
    ],
)


@pytest.mark.parametrize(
    ("side", "names"),
    [
        (
            "left",
            "Lung_L|Lung L|Lung-Left|Left Lung|L Lung|lung_left|LUNG_LT|LungL|left_lung| Lung.L |Lunge links",
        ),
        ("right", "Lung_R|Lung R|Lung-Right|Right Lung|R Lung|lung_right|LUNG_RT|LungR"),
        (
            "both",
            "LUNGS|Lungs|Both Lungs|bilateral lung|Lung|Lungs-Total|Lungs_both|LUNG_L+R|Lunge",
        ),
    ],
)
def test_names_of_lungs(side, names):
    names = names.split("|")
    assert pick(names, NAMES) == dict.fromkeys(names, side)


@pytest.mark.parametrize(
    "name",
    [
        "Lung_L-GTV",
        "LungTumor",
        "Lungs-PTV",
        "Lungs - GTV",
        "Lung_L_PRV",
        "Trachea",
        "Bronchus_L",
        "Heart",
        "PTV_Lung_R",
        "Left Lung upper lobe",
        "lung_lower_lobe_left",
        "Lung_L1",
        "Plunge",
        "L",
        "Left",
        "",
        "Lung_L opt",
    ],
)
def test_names_of_other_things(name):
    assert pick([name, "Lung_L"], NAMES) == {"Lung_L": "left"}


def test_no_lung_by_name_shows_no_name():
    with pytest.raises(DataError) as raised:
        pick(["Heart", "Doe^John"], NAMES)
    message = str(raised.value)
    assert "none of 2 structure(s)" in message
    assert NAMES.left[0] in message
    assert "Doe" not in message
    assert "\n" not in message


def test_patterns_that_cannot_work():
    with pytest.raises(ConfigError, match=r"lungs\.left: '\(' is not a regular expression"):
        LungNames(left=["("])
    with pytest.raises(ConfigError, match="no pattern"):
        LungNames()
    with pytest.raises(DataError, match=r"patterns of lungs\.left and both"):
        pick(["LUNG"], LungNames(left=["lung"], both=["Lung"]))


def mask(*columns):
    """Some columns along x of [2, 4, 12]."""
    array = np.zeros((2, 4, 12), np.uint8)
    array[:, 1:3, list(columns)] = 1
    return array


# x runs to the patient's left.
RIGHT, LEFT = mask(1, 2, 3), mask(8, 9, 10)


def test_left_and_right():
    whole, sides, findings = combine([("left", LEFT), ("right", RIGHT)])
    np.testing.assert_array_equal(whole, LEFT + RIGHT)
    np.testing.assert_array_equal(sides, RIGHT + 2 * LEFT)
    assert whole.dtype == sides.dtype == np.uint8
    assert findings == []


def test_both_alone_tells_no_sides():
    whole, sides, findings = combine([("both", LEFT + RIGHT)])
    np.testing.assert_array_equal(whole, LEFT + RIGHT)
    assert sides is None
    assert findings == []


def test_both_is_compared_with_the_sides():
    assert combine([("left", LEFT), ("right", RIGHT), ("both", LEFT + RIGHT)])[2] == []
    whole, _, (finding,) = combine([("left", LEFT), ("right", RIGHT), ("both", LEFT)])
    np.testing.assert_array_equal(whole, LEFT + RIGHT)
    assert finding.code == "both-differs"
    assert "DSC 0.667" in finding.text  # 2 * 12 / (24 + 12)


@pytest.mark.parametrize(("side", "given", "number"), [("left", LEFT, 2), ("right", RIGHT, 1)])
def test_one_side_and_both_tell_the_other(side, given, number):
    whole, sides, (finding,) = combine([("both", LEFT + RIGHT), (side, given)])
    np.testing.assert_array_equal(whole, LEFT + RIGHT)
    np.testing.assert_array_equal(sides, RIGHT + 2 * LEFT)
    assert (finding.code, finding.severity) == ("one-side", "info")
    whole, sides, (finding,) = combine([(side, given)])
    np.testing.assert_array_equal(whole, given)
    np.testing.assert_array_equal(sides, number * given)
    assert (finding.code, finding.severity) == ("one-lung", "error")


def test_overlap_counts_to_the_right():
    left = mask(3, 8, 9, 10)
    whole, sides, (finding,) = combine([("left", left), ("right", RIGHT)])
    np.testing.assert_array_equal(whole, LEFT + RIGHT)
    np.testing.assert_array_equal(sides, RIGHT + 2 * LEFT)
    assert (finding.code, finding.severity) == ("sides-overlap", "warning")
    assert finding.text.startswith("4 voxels")


def test_swapped_sides_are_an_error():
    _, _, (finding,) = combine([("left", RIGHT), ("right", LEFT)])
    assert (finding.code, finding.severity) == ("sides-swapped", "error")


def test_several_structures_of_one_side():
    whole, _, findings = combine([("left", mask(8)), ("left", mask(9, 10)), ("right", RIGHT)])
    np.testing.assert_array_equal(whole, LEFT + RIGHT)
    assert findings == []
    whole, _, (finding,) = combine([("left", LEFT), ("left", mask(9)), ("right", RIGHT)])
    np.testing.assert_array_equal(whole, LEFT + RIGHT)
    assert finding.code == "structures-overlap"


def test_empty_structures():
    empty = np.zeros_like(LEFT)
    _, _, (finding,) = combine([("left", LEFT), ("right", RIGHT), ("both", empty)])
    assert finding.code == "structure-empty"
    with pytest.raises(DataError, match="empty"):
        combine([("left", empty)])


@pytest.mark.parametrize(
    ("other", "blames_a_name"), [("left", False), ("right", True), ("both", True)]
)
def test_a_name_is_missed_only_where_no_structure_has_it(other, blames_a_name):
    _, _, findings = combine([("right", RIGHT), (other, np.zeros_like(RIGHT))])
    (one_lung,) = [finding for finding in findings if finding.code == "one-lung"]
    assert ("data.lungs misses a name" in one_lung.text) == blames_a_name


def test_parts_are_left_as_they_were():
    left, right = LEFT.copy(), RIGHT.copy()
    combine([("left", left), ("left", mask(4)), ("right", right), ("both", left)])
    np.testing.assert_array_equal(left, LEFT)
    np.testing.assert_array_equal(right, RIGHT)


@pytest.mark.parametrize("setting", [{"right": "lung_r"}, "lung_r", ["lung_r"], {"top": ["lung"]}])
def test_names_of_another_form_are_refused(setting):
    with pytest.raises(ConfigError, match="^lungs"):
        LungNames.of(setting)
