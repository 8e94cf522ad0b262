"""Names of cases as names of files that every program takes."""

from __future__ import annotations

import re
from collections.abc import Sequence

UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
FIRST = re.compile(r"[A-Za-z0-9]")


def file_names(cases: Sequence[str]) -> dict[str, str]:
    """Names of files by case: the case's own, where no program could stumble over it.

    nnU-Net and shell scripts expect ASCII without blanks, and hidden files are passed over. Names
    that differ only in upper and lower case are one file on some systems.

    Args:
        cases: Names of the cases, all different.

    Example:
        >>> file_names(["Case_001", "müller 2", "m_ller_2", "CASE_001"])
        {'Case_001': 'Case_001', 'müller 2': 'm_ller_2', 'm_ller_2': 'm_ller_2-2', 'CASE_001': \
'CASE_001-2'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for case in cases:
        safe = UNSAFE.sub("_", case)
        safe = safe if FIRST.match(safe) else f"case{safe}"
        name, number = safe, 1
        while name.lower() in taken:
            number += 1
            name = f"{safe}-{number}"
        taken.add(name.lower())
        names[case] = name
    return names
