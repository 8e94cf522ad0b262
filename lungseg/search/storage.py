"""Where a study is kept."""

from __future__ import annotations

import re
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lungseg.errors import ConfigError
from lungseg.privacy import hide_password

TIMEOUT_SECONDS = 5
ATTEMPTS = 10


def journal_path(storage: str | None, outputs: str, study_name: str) -> Path | None:
    """The journal file of a study; None for a URL."""
    if storage is None:
        return Path(outputs) / "multirun" / "search" / f"{study_name}.journal"
    return Path(storage) if storage.endswith(".journal") and "://" not in storage else None


def open_storage(storage: str | None, outputs: str, study_name: str) -> Any:
    """Open a storage of Optuna's; a journal is made if missing.

    Args:
        storage: None, a file that ends in ``.journal``, or a URL.
        outputs: Folder of the results, for None.
        study_name: Likewise.

    Raises:
        ConfigError: If it cannot be reached.
    """
    journal = journal_path(storage, outputs, study_name)
    if journal is None:
        assert storage is not None
        return _database(storage)
    try:
        return _journal(journal)
    except OSError as error:
        raise ConfigError(
            f"hydra.sweeper.storage: the journal cannot be opened: {error.strerror}", journal
        ) from None


def close_storage(storage: Any) -> None:
    """Close this process's connections to a database; a journal has none."""
    if hasattr(storage, "engine"):
        storage.remove_session()
        storage.engine.dispose()


@contextmanager
def lost_storage(storage: str | None) -> Iterator[None]:
    """Report in one line that a database became unreachable.

    Raises:
        ConfigError: For errors of the database within the block.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as error:
        url = storage or ""
        cause = error if isinstance(error, SQLAlchemyError) else error.__cause__ or error
        raise ConfigError(
            f"hydra.sweeper.storage={hide_password(url)}: was lost: {_first_line(cause, url)};"
            " the same command resumes the search once it is back"
        ) from error


def _journal(file: Path) -> Any:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import (
        JournalFileBackend,
        JournalFileOpenLock,
        JournalFileSymlinkLock,
    )

    # A relative path would make the lock a dangling link, which Optuna never releases.
    file = file.absolute()
    file.parent.mkdir(parents=True, exist_ok=True)
    # A killed process may have held the lock; it is held for milliseconds only.
    # Links need rights of an administrator on Windows.
    kind = JournalFileOpenLock if sys.platform == "win32" else JournalFileSymlinkLock
    lock = kind(str(file), grace_period=5)
    backend = JournalFileBackend(str(file), lock_obj=lock)
    lock.acquire()
    try:
        _drop_half_a_line(file)
    finally:
        lock.release()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return JournalStorage(backend)


def _drop_half_a_line(file: Path) -> None:
    """Remove the partial line of a killed process; Optuna would read no further."""
    content = file.read_bytes()
    if content and not content.endswith(b"\n"):
        with file.open("r+b") as opened:
            opened.truncate(content.rfind(b"\n") + 1)


def _database(url: str) -> Any:
    shown = hide_password(url)
    from optuna.storages import RDBStorage
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    try:
        backend = make_url(url).get_backend_name()
    except (ArgumentError, ValueError):
        raise ConfigError(
            f"hydra.sweeper.storage={shown}: is not the URL of a storage; write"
            " postgresql+pg8000://USER@HOST/DATABASE, or FILE.journal"
        ) from None
    engine: dict[str, Any] = {"pool_pre_ping": True}
    if backend in ("postgresql", "mysql", "sqlite"):
        wait = "timeout" if backend == "sqlite" or "+pg8000" in url else "connect_timeout"
        engine["connect_args"] = {wait: TIMEOUT_SECONDS}
    try:
        _knock(url, engine)
    except (ImportError, NoSuchModuleError) as error:
        cause = error.__cause__ or error
        raise ConfigError(
            f"hydra.sweeper.storage={shown}: its driver is not installed"
            f" ({_first_line(cause, url)}); for PostgreSQL: pip install 'lungseg[postgres]'"
        ) from None
    except SQLAlchemyError as error:
        raise _unreachable(shown, error, url) from None
    for attempt in range(ATTEMPTS):
        try:
            return RDBStorage(url, engine_kwargs=engine)
        except SQLAlchemyError as error:
            # Workers that start together make the tables together: all but one meet them half made.
            if attempt == ATTEMPTS - 1:
                raise _unreachable(shown, error, url) from None
            time.sleep(0.2 * (attempt + 1))
        except RuntimeError as error:  # tables of another version of Optuna
            raise _unreachable(shown, error, url) from None
    raise AssertionError


def _knock(url: str, settings: dict[str, Any]) -> None:
    """Connect once: what fails here will fail again."""
    from sqlalchemy import create_engine

    engine = create_engine(url, **settings)
    engine.connect().close()
    engine.dispose()


def _unreachable(shown: str, error: Exception, url: str) -> ConfigError:
    return ConfigError(
        f"hydra.sweeper.storage={shown}: cannot be used: {_first_line(error, url)};"
        " is the server running, and are user and database right?"
    )


def _first_line(error: BaseException, url: str) -> str:
    from sqlalchemy.engine import make_url

    cause = getattr(error, "orig", None) or error
    # pg8000 hands on the fields of the server's answer; M is the message.
    fields = cause.args[0] if cause.args else None
    text = str(fields.get("M", fields) if isinstance(fields, dict) else cause).strip()
    password = make_url(url).password
    line = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    line = re.sub(r" \(timeout is .*", "", line)  # pg8000's own settings
    return hide_password(line.replace(str(password), "***") if password else line)
