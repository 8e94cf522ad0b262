import pytest
from omegaconf import OmegaConf

from lungseg.errors import ConfigError
from lungseg.evaluation.stress.choice import CORRUPTIONS, chosen


def names(setting):
    return [one.name for one in chosen(setting)]


def test_names_one_name_all_or_none():
    assert names(None) == names([]) == []
    assert names("blur") == ["blur"]
    assert names(OmegaConf.create(["dose", "noise", "dose"])) == ["dose", "noise"]
    assert names("all") == list(CORRUPTIONS)


@pytest.mark.parametrize("setting", ["fog", ["noise", "fog"], 3, [None]])
def test_what_is_no_corruption_is_named_with_those_that_are(setting):
    with pytest.raises(ConfigError, match="stress: no corruption .*; there are noise, blur, shift"):
        chosen(setting)
