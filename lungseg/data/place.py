"""A store's own small files, in a folder or behind any URL that fsspec opens."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lungseg.errors import DataError
from lungseg.files import write_text as write_file
from lungseg.privacy import hide_password

Place = str | Path


def is_url(place: Place) -> bool:
    """Whether a store is named by a URL (``s3://bucket/store``) and not by a path."""
    return "://" in str(place)


def absolute(place: Place) -> str:
    """A store's name, good from whatever folder it is used later."""
    return str(place) if is_url(place) else os.path.abspath(place)


def join(place: Place, name: str) -> str:
    """Path or URL of what stands in a store under a name."""
    return f"{str(place).rstrip('/')}/{name}"


def read_text(place: Place, name: str) -> str | None:
    """A file of a store, or None where there is none.

    Raises:
        DataError: If the place cannot be reached.
    """
    if not is_url(place):
        try:
            return Path(join(place, name)).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
    files, path = _file_system(join(place, name))
    try:
        return str(files.cat_file(path).decode("utf-8"))
    except FileNotFoundError:
        return None
    except Exception as error:
        raise unreachable(place, error) from None


def write_text(place: Place, name: str, text: str) -> None:
    """Write a file of a store in one step.

    Raises:
        DataError: If the place cannot be reached.
    """
    if not is_url(place):
        write_file(Path(join(place, name)), text)
        return
    files, path = _file_system(join(place, name))
    try:
        files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        files.pipe_file(path, text.encode())  # an object is replaced whole
    except Exception as error:
        raise unreachable(place, error) from None


def remove(place: Place, name: str) -> None:
    """Remove a file or folder of a store, if it is there."""
    files, path = _file_system(join(place, name))
    if files.exists(path):
        files.rm(path, recursive=True)


def _file_system(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise DataError(
            f"data.store: {url.split('://')[0]}:// needs a package: {error}; for s3:// it is"
            " pip install 'lungseg[s3]'"
        ) from None
    except ValueError as error:
        raise DataError(f"data.store: {error}") from None
    # Other machines write there too.
    files.invalidate_cache()
    return files, path


def unreachable(place: Place, error: Exception) -> DataError:
    """What keeps a bucket from being read or written."""
    return DataError(
        f"data.store: the store cannot be reached ({type(error).__name__}:"
        f" {hide_password(' '.join(str(error).split()))})",
        place,
    )
