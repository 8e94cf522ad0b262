"""What a setting without a value needs, from the line of YAML that leaves it open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from lungseg.command.yaml_comments import comments, first_text
from lungseg.overrides import split_override


def not_given(key: str, command: str, overrides: list[str], folders: Sequence[Path]) -> str:
    """Say that a setting must be given, and which others of its group must be as well.

    Args:
        key: Such as ``data.root``.
        command: Of lungseg; its file has the settings that belong to no group.
        overrides: As typed; of a sweep's job, none.
        folders: With configuration files, in the order in which they are searched.
    """
    typed = {name: value for name, _, value in map(split_override, overrides)}
    group, dot, _ = key.rpartition(".")
    text = first_text(folders, f"{group}/{typed.get(group, '')}.yaml" if dot else f"{command}.yaml")
    said = comments(text)
    meanings = {
        f"{group}{dot}{name}": said.get((name,), "")
        for name, value in (yaml.safe_load(text) or {}).items()
        if value == "???"
    }
    experiment = first_text(folders, f"experiment/{typed.get('experiment')}.yaml")
    by_experiment = (yaml.safe_load(experiment) or {}).get(group) or {}
    given = {*typed, *(f"{group}.{name}" for name in by_experiment)}
    # Several experiments may have given others, and which of a command's own settings go together
    # only the command knows.
    alone = not dot or ("experiment" in typed and not experiment)
    first, *others = (
        f"{name}=VALUE" + (f" ({meaning})" if meaning else "")
        for name, meaning in ({key: ""} | meanings).items()
        if name == key or not (name in given or alone)
    )
    return f"{key}: must be given: {first}" + (f"; and {', '.join(others)}" if others else "")
