"""Arguments that came later, and records that name what is not ours."""

import sys

import pytest

from lungseg.runs.defaults import is_default

OLD = {"loss._target_": "lungseg.losses.ComboLoss", "loss.alpha": 0.5}


@pytest.mark.parametrize(
    ("key", "value", "same"),
    [
        ("loss.empty", "count", True),
        ("loss.empty", "skip", False),
        ("loss.nothing", None, False),
        ("loss.alpha", 2 / 3, False),  # both have it
    ],
)
def test_only_the_default_of_an_argument_that_is_missing(key, value, same):
    assert is_default(key, OLD | {key: value}, OLD) is same
    assert not is_default(key, OLD, OLD)


def test_of_another_class_nothing_is_said():
    new = {"loss._target_": "lungseg.losses.DiceLoss", "loss.empty": "count"}
    assert not is_default("loss.empty", new, OLD)


@pytest.mark.parametrize("target", ["evil.Loss", "lungseg.evil.Loss", ["evil.Loss"], None])
def test_a_record_imports_nothing_that_is_not_ours(target, tmp_path, monkeypatch):
    (tmp_path / "evil.py").write_text("class Loss:\n    def __init__(self, empty=1): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    old = {"loss._target_": target}
    assert not is_default("loss.empty", old | {"loss.empty": 1}, old)
    assert "evil" not in sys.modules
