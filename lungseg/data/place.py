"""Small files of a store, in a folder or at any URL that fsspec supports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lungseg.errors import DataError
from lungseg.files import replacing
from lungseg.privacy import hide_password

Place = str | Path


def is_url(place: Place) -> bool:
    """Whether a store is given by a URL (``s3://bucket/store``) rather than a path."""
    return "://" in str(place)


def absolute(place: Place) -> str:
    """A store's path or URL, valid from any working directory."""
    return str(place) if is_url(place) else os.path.abspath(place)


def join(place: Place, name: str) -> str:
    """Path or URL of a file in a store."""
    return f"{str(place).rstrip('/')}/{name}"


def storage_options(place: Place) -> dict[str, Any] | None:
    """Options of fsspec for a store behind a URL; None for a folder.

    Listings of files are not kept: other machines may have written there, and they would take more
    memory with each case. Nor does s3fs ask for the size of each object before it reads it.
    """
    if not is_url(place):
        return None
    options: dict[str, Any] = {"use_listings_cache": False}
    return options | {"max_concurrency": 1} if str(place).startswith("s3://") else options


def read_text(place: Place, name: str) -> str | None:
    """The text of a file in a store, or None if it does not exist.

    Raises:
        DataError: If the store cannot be reached.
    """
    content = read_bytes(place, name)
    return None if content is None else content.decode("utf-8", errors="surrogateescape")


def read_bytes(place: Place, name: str) -> bytes | None:
    """The content of a file in a store, or None if it does not exist.

    Raises:
        DataError: If the store cannot be reached.
    """
    if not is_url(place):
        try:
            return Path(join(place, name)).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
    files, path = _file_system(join(place, name))
    try:
        return bytes(files.cat_file(path))
    except FileNotFoundError:
        return None
    except Exception as error:
        raise unreachable(place, error) from None


def write_text(place: Place, name: str, text: str) -> None:
    """Write a file of a store atomically.

    Raises:
        DataError: If the store cannot be reached.
    """
    write_bytes(place, name, text.encode("utf-8", errors="surrogateescape"))


def write_bytes(place: Place, name: str, content: bytes) -> None:
    """Write a file of a store atomically.

    Raises:
        DataError: If the store cannot be reached.
    """
    if not is_url(place):
        with replacing(Path(join(place, name))) as part:
            part.write_bytes(content)
        return
    files, path = _file_system(join(place, name))
    try:
        files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        files.pipe_file(path, content)  # objects are replaced atomically
    except Exception as error:
        raise unreachable(place, error) from None


def names_in(place: Place, folder: str) -> list[str]:
    """Names of the files in a folder of a store; none if it does not exist.

    Raises:
        DataError: If the store cannot be reached.
    """
    if not is_url(place):
        try:
            return [file.name for file in Path(join(place, folder)).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
    files, path = _file_system(join(place, folder))
    try:
        return [str(file).rsplit("/", 1)[-1] for file in files.ls(path, detail=False)]
    except FileNotFoundError:
        return []
    except Exception as error:
        raise unreachable(place, error) from None


def remove(place: Place, name: str) -> None:
    """Remove a file or folder of a store, if it exists."""
    files, path = _file_system(join(place, name))
    if files.exists(path):
        files.rm(path, recursive=True)


def _file_system(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(url, **storage_options(url) or {})
    except ImportError as error:
        raise DataError(
            f"data.store: {url.split('://')[0]}:// needs a package: {error}; for s3:// it is"
            " pip install 'lungseg[s3]'"
        ) from None
    except ValueError as error:
        raise DataError(f"data.store: {error}") from None
    return files, path


def unreachable(place: Place, error: Exception) -> DataError:
    """The error for a store that cannot be read or written."""
    return DataError(
        f"data.store: the store cannot be reached ({type(error).__name__}:"
        f" {hide_password(' '.join(str(error).split()))})",
        place,
    )
