"""What ``predictions.labels`` may be."""

import pytest

from lungseg.errors import ConfigError
from lungseg.sources.predicted.rules import labels_of


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (None, {}),
        (3, {"values": (3,)}),
        ([1, 2], {"values": (1, 2)}),
        ("my lung", {"structures": ("my lung",)}),
        (["a", "b"], {"structures": ("a", "b")}),
    ],
)
def test_values_or_names(setting, expected):
    assert labels_of(setting, "predictions.labels") == expected


@pytest.mark.parametrize("setting", [0, -1, [], True, [1, "a"], 1.5, [0, 1], "", {"left": [1]}])
def test_anything_else_is_refused(setting):
    with pytest.raises(ConfigError, match=r"predictions.labels=.*predictions.labels=\[1,2\]"):
        labels_of(setting, "predictions.labels")
