"""Numbers in place of names, for cases whose folders may not name them."""

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
HEAD_BYTES = 16 << 10  # in these stand the UIDs of a file
DIGITS = 16  # of a file's digest
SAMPLED = 3  # files of a folder


def digests(folder: Path) -> list[str]:
    """What a folder is known by again, whatever it is called: beginnings of some of its files.

    They have UIDs in them, so that no two scans share one, and nothing can be told from a digest.
    Which files is settled by their names, so that one more displaces one of them at most.
    """
    start = len(os.fsencode(folder))
    files = sorted(files_below(folder), key=lambda path: zlib.crc32(os.fsencode(path)[start:]))
    found = []
    for path in files[:SAMPLED]:
        with path.open("rb") as file:
            found.append(hashlib.sha256(file.read(HEAD_BYTES)).hexdigest()[:DIGITS])
    return found


def numbered(
    folders: Mapping[str, list[str]],
    known: Mapping[str, list[str]],
    listed: Mapping[str, str],
) -> dict[str, str]:
    """A name for each folder; one that had a name before keeps it, and no name is given twice.

    A folder is known by the user's list, else by most of its files, of those that no other folder
    has, else, as a copy of another, by all of them.

    Args:
        folders: Digests of files in each folder, in the order in which new ones are counted.
        known: Digests by name, as the store remembers them.
        listed: Name by folder, from the user's list.

    Returns:
        Folder by name, in the order of the names.
    """
    names = {folder: name for folder, name in listed.items() if folder in folders}
    taken = {*listed.values()}
    now = Counter(digest for files in folders.values() for digest in {*files})
    before = Counter(digest for files in known.values() for digest in {*files})
    owner = {one: name for name, files in known.items() for one in files if before[one] == 1}
    for folder, files in folders.items():
        said = Counter(owner[one] for one in files if one in owner and now[one] == 1)
        name = max(said, key=lambda one: said[one], default="")
        most = bool(name) and 2 * said[name] > min(len(files), len(known[name]))
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
    return {name: folder for folder, name in sorted(names.items(), key=lambda one: _order(one[1]))}


def read_list(file: Path) -> dict[str, str]:
    """Name by folder from a user's list; nothing where there is no file yet.

    Raises:
        ConfigError: If it is not such a list.
    """
    try:
        text = file.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"data.numbers: {error.strerror}: give a file", file) from None
    rows = list(csv.reader(io.StringIO(text)))
    whole = rows[:1] == [HEADER] and all(len(row) == 2 for row in rows)
    names = [row[0] for row in rows[1:]] if whole else []
    if not whole or not all(_number(name) for name in names) or len(set(names)) < len(names):
        raise ConfigError(
            "data.numbers: not a list of cases and folders; name a new file, or one made before",
            file,
        )
    return {folder: name for name, folder in rows[1:]}


def write_list(file: Path, folders: Mapping[str, str]) -> None:
    """Write the user's list, with a row for each case: name and folder."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *folders.items()])
    write_text(file, text.getvalue())


def check_list(file: str | None, outputs: str) -> None:
    """Refuse a list among the outputs: they name nobody.

    Raises:
        ConfigError: If it would stand there.
    """
    if file is None:
        return
    inside = Path(os.path.abspath(outputs))
    if inside in Path(os.path.abspath(file)).parents:
        raise ConfigError("data.numbers: must lie outside outputs/: it names the folders", file)


def _number(name: str) -> int:
    found = re.fullmatch(r"Case_(\d+)", name)
    return int(found[1]) if found else 0


def _order(name: str) -> tuple[int, str]:
    return _number(name), name
