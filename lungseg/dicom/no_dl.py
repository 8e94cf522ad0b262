"""Keeps a folder of the user's from being taken for a module of Python 2."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import Any

ASKED_FOR = ("dl", "DLFCN")


class NoDl(MetaPathFinder):
    """Refuses ``import dl`` within gdcm.

    gdcm still tries the modules ``dl`` and ``DLFCN`` of Python 2 when it is imported, and fails if
    there is anything of that name, such as a folder ``dl`` where the command runs.
    """

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raise the error that gdcm expects; leave all other modules to other finders."""
        if name not in ASKED_FOR:
            return
        spec = getattr(sys.modules.get("gdcm"), "__spec__", None)
        if getattr(spec, "_initializing", False):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def install() -> None:
    """Put it before all other finders, once."""
    if not any(isinstance(finder, NoDl) for finder in sys.meta_path):
        sys.meta_path.insert(0, NoDl())
