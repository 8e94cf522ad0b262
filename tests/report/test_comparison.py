"""What cannot be compared."""

import pytest

from lungseg.errors import ConfigError, DataError
from lungseg.report.comparison import compare
from tests.report.fake_runs import alpha


def test_misuse(runs):
    made = runs(alpha(0.2), alpha(0.8))
    with pytest.raises(ConfigError, match="metric=dice: must be one of dsc"):
        compare(made, metric="dice")
    with pytest.raises(ConfigError, match="set=val: run 0 has no such set; there are train, test"):
        compare(made, set_name="val")
    with pytest.raises(
        ConfigError, match="reference=7: no completed run of that name; there are 0, 1"
    ):
        compare(made, reference="7")
    with pytest.raises(DataError, match=r"one run \(0\) is nothing to compare"):
        compare(made[:1])
    more = runs(alpha(0.9, state="pruned", error="others were ahead"))
    with pytest.raises(
        DataError, match="1 of 2 runs completed.* run 2 is pruned: others were ahead"
    ):
        compare([more[0], more[2]])
