"""Rules of a preparation."""

import pytest

from lungseg.data.rules import Rules
from lungseg.errors import ConfigError


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"error": "stop"}, r"data.on_finding.error=stop: must be error \(stop\) or warn"),
        ({"grave": "warn"}, "data.on_finding.grave: there are error and warning"),
    ],
)
def test_rules_are_checked(wrong, message):
    with pytest.raises(ConfigError, match=message):
        Rules(wrong)
