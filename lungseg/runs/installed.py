"""Which of lungseg's dependencies and extras are installed, in versions that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from packaging.requirements import Requirement

PACKAGE = "lungseg"
FOR_DEVELOPERS = ("dev", "docs")
"""Extras that are no part of what lungseg does."""


def wanting() -> list[str]:
    """Dependencies that are missing or too old or new, each with what is needed.

    Empty also where lungseg itself is not installed as a package.
    """
    return [problem for one in _requirements("") if (problem := _problem(one))]


def extras() -> dict[str, bool]:
    """Extras by name, and whether all that they need is installed."""
    try:
        names = metadata(PACKAGE).get_all("Provides-Extra") or []
    except PackageNotFoundError:
        return {}
    return {
        name: not any(map(_problem, _requirements(name)))
        for name in sorted(names)
        if name not in FOR_DEVELOPERS
    }


def version_of(package: str) -> str | None:
    """A package's version; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _requirements(extra: str) -> Iterator[Requirement]:
    """Of the package itself (extra is empty) or of one of its extras alone."""
    try:
        lines = requires(PACKAGE) or []
    except PackageNotFoundError:
        lines = []
    for one in map(Requirement, lines):
        always = one.marker is None or one.marker.evaluate({"extra": ""})
        there = one.marker is None or one.marker.evaluate({"extra": extra})
        if there and always == (not extra):
            yield one


def _problem(needed: Requirement) -> str | None:
    there = version_of(needed.name)
    wanted = f"{needed.name}{needed.specifier}"
    if there is None:
        return f"{needed.name} is missing: lungseg needs {wanted}"
    if not needed.specifier.contains(there, prereleases=True):
        return f"{needed.name} {there}: lungseg needs {wanted}"
    return None
