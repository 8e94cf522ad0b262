"""Errors name the case that they concern."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lungseg.data.source import UnpairedError
from lungseg.errors import DataError, IdentityError


@contextmanager
def about(what: str) -> Iterator[None]:
    """Prefix errors with the case's name, and show paths from system errors on the screen only.

    Args:
        what: A case's pseudonym, or the setting that names the source.
    """
    try:
        yield
    except IdentityError as error:
        raise IdentityError(f"{what}: {error}", error.path) from error
    except UnpairedError as error:
        raise UnpairedError(f"{what}: {error}", error.path, error.cases, error.reasons) from error
    except DataError as error:
        raise DataError(f"{what}: {error}", error.path) from error
    except OSError as error:
        raise DataError(f"{what}: {error.strerror or 'unreadable'}", error.filename) from None
