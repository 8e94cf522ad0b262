"""Files that are written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def short(path: Path) -> str:
    """A path as a person would type it from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Give a temporary name beside a file; what is written there replaces the file at the end.

    After an error the file is as it was. The folder is made if missing.

    Raises:
        OSError: If it cannot be written, as on a full disk, with the file's name.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # The ending stays: some writers choose the format by it, or add one that is missing.
    part = file.with_name(f".{uuid.uuid4().hex}.part{file.suffix}")
    handled = sys.exc_info()[1]
    try:
        yield part
        os.replace(part, file)
    except OSError as error:
        _name(error, part, file)
        raise
    except Exception as error:
        # Matplotlib, for one, fails again while it closes a file that it could not write.
        if isinstance(cause := error.__context__, OSError) and cause is not handled:
            _name(cause, part, file)
            raise cause from None
        raise
    finally:
        part.unlink(missing_ok=True)


def remove_parts(folder: Path) -> None:
    """Remove what :func:`replacing` left below a folder when its process was killed.

    Nobody may be writing there.
    """
    for part in folder.rglob(".*.part*"):
        if re.fullmatch(r"\.[0-9a-f]{32}\.part(\..+)?", part.name):
            part.unlink(missing_ok=True)


def _name(error: OSError, part: Path, file: Path) -> None:
    """The system does not say which file could not be written, nor is the temporary name of use."""
    if error.errno and error.filename in (None, part, str(part)):
        error.filename = str(file)


def write_text(file: Path, text: str) -> None:
    """Write text in one step."""
    with replacing(file) as part:
        # Names of files need not be UTF-8, and are written as they are.
        part.write_text(text, encoding="utf-8", errors="surrogateescape")


def write_json(file: Path, content: Any) -> None:
    """Write JSON in one step.

    Raises:
        ValueError: If a number in it is not finite: JSON cannot express it.
    """
    write_text(file, json.dumps(content, indent=2, allow_nan=False) + "\n")


def sha256_of(path: Path) -> bytes:
    """Hash of a file's contents."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
