"""Numbers instead of names, for cases whose folders' names must not be shown."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from lungseg.errors import ConfigError
from lungseg.files import write_text
from lungseg.sources.state import files_below

HEADER = ["case", "folder"]
HEAD_BYTES = 16 << 10  # these contain the UIDs of a file
DIGITS = 16  # of a file's digest
SAMPLED = 3  # files per folder


def digests(folder: Path) -> list[str]:
    """Digests by which a folder is recognized under any name: of the first bytes of some files.

    These bytes contain UIDs, so that no two scans share a digest, and a digest reveals nothing.
    The files are chosen by their names, so that an added file replaces at most one of them.
    """
    start = len(os.fsencode(folder))
    files = sorted(files_below(folder), key=lambda path: zlib.crc32(os.fsencode(path)[start:]))
    hashes = []
    for path in files[:SAMPLED]:
        with path.open("rb") as file:
            hashes.append(hashlib.sha256(file.read(HEAD_BYTES)).hexdigest()[:DIGITS])
    return hashes


def numbered(
    folders: Mapping[str, list[str]],
    known: Mapping[str, list[str]],
    listed: Mapping[str, str],
) -> dict[str, str]:
    """Name each folder; a folder with a name from an earlier run keeps it, and names are unique.

    A folder is recognized by the user's list, or else by most of its files that no other folder
    has, or else, if it is a copy of another, by all of its files.

    Args:
        folders: Digests of files in each folder, in the order in which new ones are numbered.
        known: Digests by name, from the store.
        listed: Name by folder, from the user's list.

    Returns:
        Folder by name, in the order of the names.
    """
    names = {folder: name for folder, name in listed.items() if folder in folders}
    taken = {*listed.values()}
    now = Counter(digest for files in folders.values() for digest in {*files})
    before = Counter(digest for files in known.values() for digest in {*files})
    owner = {
        digest: name for name, files in known.items() for digest in files if before[digest] == 1
    }
    for folder, files in folders.items():
        votes = Counter(owner[digest] for digest in files if digest in owner and now[digest] == 1)
        name = max(votes, key=lambda name: votes[name], default="")
        most = bool(name) and 2 * votes[name] > min(len(files), len(known[name]))
        if folder not in names and most and name not in taken:
            names[folder] = name
            taken.add(name)
    for folder, files in folders.items():
        same = (name for name in known if name not in taken and [*known[name]] == [*files])
        name = next(same, "") if folder not in names else ""
        if name:
            names[folder] = name
            taken.add(name)
    last = max((_number(name) for name in [*known, *taken]), default=0)
    for folder in folders:
        if folder not in names:
            last += 1
            names[folder] = f"Case_{last:03d}"
    return {
        name: folder for folder, name in sorted(names.items(), key=lambda item: _order(item[1]))
    }


def read_list(file: Path) -> dict[str, str]:
    """Name by folder from a user's list; empty if the file does not exist yet.

    Raises:
        ConfigError: If the file is not such a list.
    """
    try:
        text = file.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"data.numbers: {error.strerror}: give a file", file) from None
    rows = list(csv.reader(io.StringIO(text)))
    valid = rows[:1] == [HEADER] and all(len(row) == 2 for row in rows)
    names = [row[0] for row in rows[1:]] if valid else []
    if not valid or not all(_number(name) for name in names) or len(set(names)) < len(names):
        raise ConfigError(
            "data.numbers: not a list of cases and folders; give a new file or an earlier list",
            file,
        )
    return {folder: name for name, folder in rows[1:]}


def write_list(file: Path, folders: Mapping[str, str]) -> None:
    """Write the user's list, one row per case: name and folder."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *folders.items()])
    write_text(file, text.getvalue())


def check_list(file: str | None, outputs: str) -> None:
    """Refuse a list inside the outputs, which must not identify anyone.

    Raises:
        ConfigError: If the file is inside `outputs`.
    """
    if file is None:
        return
    inside = Path(os.path.abspath(outputs))
    if inside in Path(os.path.abspath(file)).parents:
        raise ConfigError(
            "data.numbers: must be outside outputs/: it contains the names of the folders", file
        )


def _number(name: str) -> int:
    match = re.fullmatch(r"Case_(\d+)", name)
    return int(match[1]) if match else 0


def _order(name: str) -> tuple[int, str]:
    return _number(name), name
