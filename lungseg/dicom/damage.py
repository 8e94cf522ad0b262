"""Errors of damaged DICOM files as one line."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lungseg.dicom.limits import RefusedError
from lungseg.dicom.start import NotDicomError
from lungseg.dicom.walk import BrokenError
from lungseg.errors import DataError


class IncompleteError(ValueError):
    """A file lacks attributes, named by their keywords, without which it cannot be used."""


@contextmanager
def reporting_damage(path: Path, what: str) -> Iterator[None]:
    """Turn any error from reading a damaged file into one line; system errors are passed on.

    Args:
        path: The file.
        what: What the line calls it: ``the RTSTRUCT file``.

    Raises:
        DataError: If the file is not DICOM, is damaged, or exceeds a limit.
    """
    try:
        yield
    except DataError as error:
        raise DataError(str(error), error.path or path) from None
    except NotDicomError:
        raise DataError("the file is not DICOM", path) from None
    except IncompleteError as error:
        raise DataError(f"{what} is truncated or incomplete: no {error}", path) from None
    except BrokenError as error:
        raise DataError(f"{what} is truncated or damaged: {error}", path) from None
    except RefusedError as error:
        raise DataError(str(error), path) from None
    except Exception as error:  # damaged bytes cause errors of every kind in pydicom
        if isinstance(error, OSError) and error.errno:  # pydicom's own have no number
            raise
        missing = re.search(r"no attribute '([A-Z]\w+)'", str(error))
        why = f"it lacks {missing[1]}" if missing else type(error).__name__
        raise DataError(f"{what} is truncated or damaged ({why})", path) from None


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress warnings: what matters is checked here. Not for use in threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
