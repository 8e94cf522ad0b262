"""Nothing may be chosen by its results on the test set."""

from __future__ import annotations

from typing import Any

from lungseg.config import flatten
from lungseg.errors import ConfigError


def monitors(config: dict[str, Any]) -> dict[str, str]:
    """All settings named ``monitor`` in a plain configuration, by key."""
    return {
        key: str(value)
        for key, value in flatten(config).items()
        if key.split(".")[-1] == "monitor" and value is not None
    }


def refuse_test_selection(config: dict[str, Any]) -> None:
    """Stop when anything watches the test set.

    Raises:
        ConfigError: If a monitor names ``test/…`` and ``allow_test_selection`` is not true.
    """
    if config["allow_test_selection"]:
        return
    for key, value in monitors(config).items():
        if value.startswith("test"):
            raise ConfigError(
                f"{key}={value}: would choose by the test set and make its numbers worthless;"
                " watch val/… with split.val set (or allow_test_selection=true, which is reported)"
            )


def refuse_missing_set(config: dict[str, Any], sets: list[str]) -> None:
    """Stop when something watches a validation set that the split does not have.

    The checkpoint callback is let off: without a validation set it chooses nothing.

    Raises:
        ConfigError: If a monitor names ``val/…`` and there is no such set.
    """
    for key, value in monitors(config).items():
        if key.startswith("callbacks.checkpoint."):
            continue
        if value.startswith("val") and "val" not in sets:
            raise ConfigError(
                f"{key}={value}: the split has no validation set; give one with split.val"
            )
