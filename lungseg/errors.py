"""Errors that a user meets: one line that says what, where, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Sequence

OF_WORKER = re.compile(r"\ACaught \w+ in DataLoader worker.*^[\w.]+: ([^\n]+)\n*\Z", re.S | re.M)
"""What torch makes of an error in a process that loads slices: its traceback, as the message."""


class LungsegError(Exception):
    """Something that the user can correct.

    Args:
        message: One line. It may reach logs: it names cases by pseudonym and no source path.
        path: The file or folder concerned. Shown on the terminal only, never logged: source paths
            may hold names of patients.
    """

    def __init__(self, message: str, path: object = None) -> None:
        super().__init__(message)
        self.path = path


class ConfigError(LungsegError):
    """A setting, or a combination of settings, that cannot work."""


class DataError(LungsegError):
    """Data that is missing, damaged, or does not fit together."""


class IdentityError(DataError):
    """A case that must not be named: its name identifies the patient, or may do so."""


class Pruned(LungsegError):  # noqa: N818  # not an error
    """Not an error: a search stopped this run because other trials were ahead of it."""


class Stop(BaseException):
    """Carries an error, its cause, past Hydra, which would print a job's overrides or only warn."""


def describe(error: BaseException | None, *, in_log: bool = False) -> str:
    """What an error says, in one line.

    Args:
        error: One of ours, the system's, or any other.
        in_log: Leave paths out: a source's may name a patient.
    """
    if isinstance(error, LungsegError):
        if (raised := OF_WORKER.search(str(error))) is not None:
            return raised[1]
        return str(error) if error.path is None or in_log else f"{error} [{error.path}]"
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, OSError) and error.strerror:
        where = f" [{error.filename}]" if error.filename and not in_log else ""
        return f"{error.strerror}{where}"
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first} (the traceback: HYDRA_FULL_ERROR=1, or the log)"


def listed(names: Sequence[str], most: int = 12) -> str:
    """Some names in one line, the first of many.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
