"""What a source of cases has to do, and what it may do beyond that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from lungseg.data.case import Case
from lungseg.errors import DataError


class Source(Protocol):
    """Where cases come from. Adding one: a class with these four methods, and a YAML file.

    It must survive pickling: cases are read in other processes. It may also be a
    :class:`RemembersFiles` or a :class:`Generated`.
    """

    def cases(self) -> list[str]:
        """Names of all cases, in the order that positions in a split count by.

        Raises:
            UnpairedError: If some cases lack an image or a mask.
            DataError: If there are no cases.
        """

    def state(self, case: str) -> str:
        """Cheap fingerprint of a case's files: equal means unchanged."""

    def patient(self, case: str) -> str | Collection[str]:
        """One or more keys of the case's patient; compared in memory, never written.

        Cases that share a key are never split. Empty where the patient is not known.

        Raises:
            IdentityError: If the case's name identifies the patient, or that cannot be decided.
        """

    def read(self, case: str) -> Case:
        """Read one case."""


@runtime_checkable
class RemembersFiles(Protocol):
    """A source that assigns files to cases itself, and needs the same assignment in the next run.

    :func:`lungseg.data.prepare.prepare` keeps the assignment in the store.
    """

    def recall(self, known: Mapping[str, Any]) -> None:
        """Take over the assignment that the store has; called before any other method.

        Args:
            known: What :meth:`remembered` returned in an earlier run; empty in the first.
        """

    def remembered(self) -> dict[str, Any]:
        """The assignment, for JSON, without anything that identifies a patient; may be empty."""


@runtime_checkable
class Generated(Protocol):
    """A source that can write its own files: synthetic data."""

    def materialize(self, track: Callable[[list[str]], Iterable[str]]) -> None:
        """Write the files that do not exist yet; called before any other method.

        Args:
            track: Wraps the list of cases, as a progress bar does.
        """


class UnpairedError(DataError):
    """Some cases have an image without a mask, or a mask without an image.

    Args:
        message: One line.
        path: Folder of the source.
        cases: Names of all cases, including the unpaired ones, in order.
        reasons: What is missing, by case.
    """

    def __init__(
        self, message: str, path: object, cases: list[str], reasons: dict[str, str]
    ) -> None:
        super().__init__(message, path)
        self.cases = cases
        self.reasons = reasons
