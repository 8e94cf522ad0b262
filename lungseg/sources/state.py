"""Detect changes of files without reading them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def files_below(folder: Path) -> list[Path]:
    """Files in a tree of folders, sorted; links to folders are not followed.

    Links to files are included, pipes and devices are not.

    Raises:
        OSError: If a folder cannot be read.
    """
    paths: list[str] = []
    folders = [os.fspath(folder)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_file():
                    paths.append(entry.path)
    return [Path(path) for path in sorted(paths)]


def state_of(files: Iterable[Path], root: Path) -> str:
    """Hash of names, sizes and times: equal means unchanged.

    Args:
        files: In order.
        root: Folder that contains them; renaming it does not count as a change.
    """
    lines = b"\n".join(signatures(files, root))
    return hashlib.sha256(lines).hexdigest()


def signatures(files: Iterable[Path], root: Path) -> list[bytes]:
    """Name below ``root``, size and time of each file. Names may be in any encoding."""
    start = len(os.fsencode(root))
    lines = []
    for file in files:
        path = os.fsencode(file)
        about = os.stat(path)  # noqa: PTH116  # a path object would double the time
        lines.append(b"%s %d %d" % (path[start:], about.st_size, about.st_mtime_ns))
    return lines
