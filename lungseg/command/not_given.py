"""What a setting without a value needs, from the line of YAML that leaves it open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lungseg.overrides import split_override

_OPEN = re.compile(r"^(\w+): \?\?\?(?: *# *(.*))?$", re.M)


def not_given(key: str, command: str, overrides: list[str], folders: Iterable[Path]) -> str:
    """Say that a setting must be given, and which others of its group must be as well.

    Args:
        key: Such as ``data.root``.
        command: Of lungseg; its file has the settings that belong to no group.
        overrides: As typed.
        folders: With configuration files, the user's last.
    """
    typed = {name: value for name, _, value in map(split_override, overrides)}
    group, dot, _ = key.rpartition(".")
    file = f"{group}/{typed.get(group, '')}.yaml" if dot else f"{command}.yaml"
    text = ""
    for folder in folders:
        with suppress(OSError):
            text = (folder / file).read_text(encoding="utf-8")
    meanings = {f"{group}{dot}{name}": meaning for name, meaning in _OPEN.findall(text)}
    first, *others = (
        f"{name}=VALUE" + (f" ({meaning})" if meaning else "")
        for name, meaning in ({key: ""} | meanings).items()
        if name == key or name not in typed
    )
    return f"{key}: must be given: {first}" + (f"; and {', '.join(others)}" if others else "")
