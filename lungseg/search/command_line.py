"""What the command line of a search says: settings that all trials share, and ranges."""

from __future__ import annotations

import logging
from typing import Any

from lungseg.search.space import ranges_of

log = logging.getLogger(__name__)

Ranges = dict[str, dict[str, Any]]


def read_arguments(config_loader: Any, arguments: list[str]) -> tuple[list[str], Ranges]:
    """Separate fixed overrides from ranges typed in the syntax of Hydra's sweeps.

    Args:
        config_loader: Hydra's.
        arguments: Overrides as typed.

    Returns:
        Overrides that all trials share, and ranges by setting.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import IntervalSweep

    fixed: list[str] = []
    ranges: Ranges = {}
    parser = OverridesParser.create(config_loader=config_loader)
    for text, typed in zip(arguments, parser.parse_overrides(arguments), strict=True):
        if not typed.is_sweep_override():
            fixed.append(text)
            continue
        key, value = typed.get_key_element(), typed.value()
        if isinstance(value, IntervalSweep):
            log_scale = "log" in (value.tags or ())
            ranges[key] = {"low": value.start, "high": value.end, "log": log_scale}
        else:
            ranges[key] = {"choices": list(typed.sweep_iterator())}
    return fixed, ranges


def merge_ranges(written: dict[str, Any], typed: Ranges, fixed: list[str]) -> Ranges:
    """The search space of a file, as the command line changes it.

    Args:
        written: Ranges below ``hydra.sweeper.space``.
        typed: Ranges of the command line, which win.
        fixed: Overrides; a setting with a fixed value is not searched.
    """
    ranges = ranges_of(written) | typed
    set_keys = {text.lstrip("+").split("=")[0] for text in fixed}
    for key in set_keys & ranges.keys():
        log.info(f"{key}: is set on the command line, and so not searched")
    return {key: given for key, given in ranges.items() if key not in set_keys}
