"""Cases as folders that are named by the cases."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from lungseg.errors import DataError
from lungseg.sources.natural import natural


def subfolders(root: Path) -> dict[str, Path]:
    """Folders in a folder by name, in natural order; hidden ones are ignored.

    Raises:
        DataError: If there are none.
    """
    paths = [*root.iterdir()]
    if not paths:
        raise DataError("the folder is empty: no folder for each case", root)
    folders = {
        path.name: path
        for path in sorted(paths, key=lambda path: natural(path.name))
        if path.is_dir() and not path.name.startswith(".")
    }
    if not folders:
        raise DataError("no folder for each case (or set data.cases=patient)", root)
    return folders


def is_half(root: Path, both: Collection[str]) -> bool:
    """Whether a folder is one of several by name, and the others lie beside it."""
    here = root.resolve()
    return here.name in both and all((here.parent / name).is_dir() for name in both)


def by_utf8_name(folders: dict[str, Path], root: Path) -> dict[str, Path]:
    """Folders by names that can be written as UTF-8.

    Raises:
        DataError: If two names differ only in bytes that are not UTF-8.
    """
    # Python represents such bytes by lone surrogates.
    named = {re.sub("[\ud800-\udfff]", "_", name): path for name, path in folders.items()}
    if len(named) < len(folders):
        raise DataError("names of folders are not UTF-8: set data.cases=number", root)
    return named
