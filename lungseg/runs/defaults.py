"""Arguments that a configuration of an earlier version does not have yet."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from lungseg.errors import ConfigError
from lungseg.targets import locate


def is_default(key: str, there: Mapping[str, Any], elsewhere: Mapping[str, Any]) -> bool:
    """Whether one configuration gives the default of an argument that another one omits.

    Our classes do by default what they did before an argument came. Those of others are not asked:
    a record that names them may come from anywhere, and asking imports their module.

    Args:
        key: Such as ``loss.empty``.
        there: A flat configuration that may have it.
        elsewhere: One that may not.
    """
    if key in elsewhere or key not in there:
        return False
    node, _, argument = key.rpartition(".")
    target = there.get(f"{node}._target_")
    if not isinstance(target, str) or not target.startswith("lungseg."):
        return False
    if elsewhere.get(f"{node}._target_") != target:
        return False
    try:
        parameter = inspect.signature(locate(target, node)).parameters.get(argument)
    except (ConfigError, TypeError, ValueError):  # of a later version, or no class
        return False
    return parameter is not None and bool(parameter.default == there[key])
