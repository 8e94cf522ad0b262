"""Damaged files of a store: how they are reported, and noted for the next preparation."""

from __future__ import annotations

from lungseg.data.place import Place, join, names_in, remove, write_text
from lungseg.errors import DataError

FOLDER = "damaged"
"""Beside the cases; contains a file per case of which damage was noticed."""


def damaged(store: Place, case: str, file: str, what: str = "is damaged") -> DataError:
    """Note that a case has to be prepared again, and give the error that says so.

    Args:
        store: Path or URL.
        case: Name of the case.
        file: In the case's folder.
        what: Of the file, as ``is damaged``.
    """
    try:
        write_text(store, f"{FOLDER}/{case}", f"{file}\n")
        help_ = "the next lungseg prepare or train reads this case again from its source"
    except (OSError, DataError):  # a store that is read only
        help_ = "remove this case from the store and prepare it again"
    return DataError(
        f"{case}: {file} {what} in the store; {help_}", join(store, f"{case}.zarr/{file}")
    )


def damaged_cases(store: Place) -> set[str]:
    """Names of the cases of which damage was noticed since they were prepared.

    Raises:
        DataError: If the store cannot be reached.
    """
    return set(names_in(store, FOLDER))


def forget_damage(store: Place, case: str) -> None:
    """Note that a case has been prepared again."""
    remove(store, f"{FOLDER}/{case}")
