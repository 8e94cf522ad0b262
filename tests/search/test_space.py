import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from lungseg.errors import ConfigError
from lungseg.search.space import override, ranges_of, read_space

MOMENTUM = {
    "optimizer": {"choices": ["sgd", "adam"]},
    "optimizer.momentum": {"low": 0, "high": 0.5, "step": 0.5, "when": {"optimizer": "sgd"}},
}


def test_ranges_become_distributions():
    space = read_space(
        {
            "loss.alpha": {"low": 0, "high": 1},
            "optimizer.lr": {"low": 0.001, "high": 1, "log": True},
            "data.batch_size": {"low": 2, "high": 8, "step": 2, "type": "int"},
            "model": {"choices": ["unet_small", "unet"]},
        }
    )
    assert {p.key: p.distribution for p in space.parameters} == {
        "loss.alpha": FloatDistribution(0.0, 1.0),
        "optimizer.lr": FloatDistribution(0.001, 1.0, log=True),
        "data.batch_size": IntDistribution(2, 8, step=2),
        "model": CategoricalDistribution(["unet_small", "unet"]),
    }


def test_settings_may_be_nested_and_taken_out():
    written = {"loss": {"alpha": {"low": 0, "high": 1}, "beta": None}}
    assert ranges_of(written) == {"loss.alpha": {"low": 0, "high": 1}}


def test_a_conditional_range_exists_only_with_its_condition():
    written = dict(reversed(MOMENTUM.items()))  # the order of writing does not matter
    assert list(read_space(written).points()) == [
        {"optimizer": "sgd", "optimizer.momentum": 0.0},
        {"optimizer": "sgd", "optimizer.momentum": 0.5},
        {"optimizer": "adam"},
    ]


def test_corners_hold_every_setting_and_every_choice_depended_on():
    corners = read_space(MOMENTUM | {"loss.alpha": {"low": 0, "high": 1}}).corners()
    assert corners == [
        {"optimizer": "sgd", "loss.alpha": 0.0, "optimizer.momentum": 0.0},
        {"optimizer": "adam", "loss.alpha": 0.0},
    ]


def test_a_range_without_steps_has_no_end():
    assert read_space({"loss.alpha": {"low": 0, "high": 1}}).points() is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "a=0.1"), (1e-05, "a=1e-05"), (3, "a=3"), (True, "a=true"), (None, "a=null"),
        ("unet_small", "a=unet_small"), ("true", "a='true'"), ("1", "a='1'"),
        ("it's, so", r"a='it\'s, so'"),
    ],
)  # fmt: skip
def test_overrides_say_what_is_meant(value, text):
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import QuotedString

    assert override("a", value) == text
    (parsed,) = OverridesParser.create().parse_overrides([text])
    read = parsed.value()
    assert (read.text if isinstance(read, QuotedString) else read) == value


ALPHA = {"low": 0, "high": 1}
WRONG = {
    "empty": ({}, "space: is empty"),
    "no range": ({"loss": {"alpha": 3}}, "space.loss.alpha=3: is not a range"),
    "a word too many": ({"a": {"low": 0, "hihg": 1}}, "a: hihg: no such word in a range"),
    "no high": ({"a": {"low": 0}}, "a: high=None: must be a number"),
    "upside down": ({"a": {"low": 1, "high": 0}}, "low must be below high"),
    "log of nothing": ({"a": {"low": 0, "high": 1, "log": True}}, "must be above 0 on a log"),
    "log steps": ({"a": {"low": 1, "high": 3, "log": True, "step": 1}}, "log and step exclude"),
    "uneven steps": ({"a": {"low": 0, "high": 1, "step": 0.3}}, "must divide the range from"),
    "fractions": ({"a": {"low": 0.5, "high": 2, "type": "int"}}, "must be a whole number"),
    "kind": ({"a": {"low": 0, "high": 1, "type": "real"}}, "type=real: must be float or int"),
    "text": ({"a": {"low": "x", "high": 1}}, "low=x: must be a number"),
    "both": ({"a": {"choices": [1], "low": 0}}, "choices exclude"),
    "no choice": ({"a": {"choices": []}}, "must be a list of values"),
    "twice": ({"a": {"choices": [1, 1]}}, "a choice is listed twice"),
    "path": ({"data": {"root": {"choices": ["/a", "/b"]}}}, "data.root: a path is not searched"),
    "lists": ({"a": {"choices": [[1], [2]]}}, "must be a number, a word"),
    "condition unknown": ({"a": {**ALPHA, "when": {"b": 1}}}, "b is not searched; these are: a"),
    "condition on a range": ({"a": {**ALPHA, "when": {"b": 1}}, "b": ALPHA}, "must have choices"),
    "impossible": (
        {"a": {**ALPHA, "when": {"b": 3}}, "b": {"choices": [1, 2]}},
        "is not among its choices",
    ),
    "circle": (
        {"a": {"choices": [1], "when": {"b": 1}}, "b": {"choices": [1], "when": {"a": 1}}},
        "form a circle",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_range_that_makes_no_sense_is_refused(case):
    written, message = WRONG[case]
    with pytest.raises(ConfigError, match=message) as refused:
        read_space(written)
    assert "\n" not in str(refused.value)
