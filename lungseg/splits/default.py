"""The split where none is chosen: the report's for the report's cohort, balanced for any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError
from lungseg.splits.balanced import Balanced
from lungseg.splits.given import Positions
from lungseg.splits.patients import how_many, patients
from lungseg.splits.sets import Split

REPORTED = ("lctsc", "phantom")
"""Names of data that may be the report's cohort, or stand in for it."""
REPORTED_CASES = 12
TESTED = 0.33
"""Share of the patients that is proposed for testing."""
FOLDS = 5
"""Folds of a cross-validation that is proposed, where there are as many patients."""


@dataclass(frozen=True, kw_only=True)
class Default:
    """The report's test cases are positions, which mean nothing in another cohort.

    Attributes:
        data: Name of the data, if it has one.
        report: The report's split.
        other: The split of all other cohorts.
        test: Replaces the test set's size or positions: positions choose `report`, a share or a
            number of patients chooses `other`, whatever the cohort is.
        val: Likewise.

    Raises:
        ConfigError: If `test` or `val` is neither.
    """

    data: str | None
    report: Positions
    other: Balanced
    test: Sequence[int] | float | None = None
    val: Sequence[int] | float | None = None

    def __post_init__(self) -> None:
        self._changed("other" if self._typed and not self._positions else "report")

    def __call__(self, cohort: Cohort) -> Split:
        """The sets, with a note that says how they were chosen and how others are.

        Raises:
            ConfigError: As the split that is used; or if only validation cases are positions, in
                another cohort than the report's, whose test cases are positions too.
        """
        name = self.choice(cohort)
        if name == "report" and self.test is None and not self._is_reports(cohort):
            raise ConfigError(
                "split.val: positions need those of the test cases beside them, split.test=[…], as"
                f" this is not the report's cohort; {_others(cohort)}"
            )
        try:
            split = self._changed(name)(cohort)
        except ConfigError as error:
            if name == "report" and not self._typed:  # cases of one patient on both sides
                raise ConfigError(f"{error}; or choose split=balanced") from None
            raise
        if self._positions:  # the user's own
            return split
        return replace(split, notes=(*split.notes, self._note(name, cohort, split)))

    def choice(self, cohort: Cohort) -> str:
        """Which of the two is used for a cohort: ``report`` or ``other``."""
        if self._typed:
            return "report" if self._positions else "other"
        return "report" if self._is_reports(cohort) else "other"

    def _is_reports(self, cohort: Cohort) -> bool:
        return self.data in REPORTED and len(cohort.names) == REPORTED_CASES

    def settings(self, cohort: Cohort, node: Any) -> dict[str, Any]:
        """Settings of the split that is used, as if it had been chosen by name.

        Args:
            cohort: To be split.
            node: Settings that this object was built from, resolved.
        """
        return dict(node[self.choice(cohort)]) | self._typed

    @property
    def _typed(self) -> dict[str, Any]:
        given = {"test": self.test, "val": self.val}
        return {key: value for key, value in given.items() if value is not None}

    @property
    def _positions(self) -> bool:
        return any(isinstance(value, list | tuple) for value in self._typed.values())

    def _changed(self, name: str) -> Positions | Balanced:
        chosen: Positions | Balanced = getattr(self, name)
        return replace(chosen, **self._typed)

    def _note(self, name: str, cohort: Cohort, split: Split) -> str:
        if name == "report":
            positions = ", ".join(str(cohort.names.index(case)) for case in split.test)
            why = "as in the report, whose cohort has as many cases"
            return f"split: the cases at positions {positions} are tested, {why}; {_others(cohort)}"
        tested = f"{len(split.test)} of {len(cohort.names)} cases are tested"
        why = "chosen for similar sets (split=balanced, the default here)"
        return f"split: {tested}, {why}; {_others(cohort)}"


def _others(cohort: Cohort) -> str:
    """Other splits, of sizes that the cohort allows."""
    n = len(patients(cohort))
    some = f"split=balanced split.test={how_many(TESTED, n)}"
    folds = f"split=kfold split.k={min(FOLDS, n)} split.fold=0"
    return f"others: {some}, {folds}, split=explicit 'split.test=[{cohort.names[-1]}]'"
