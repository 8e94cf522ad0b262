"""What a data set consists of, whatever its layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lungseg.data.cohort import Cohort
from lungseg.data.datasets.file_names import file_names
from lungseg.errors import ConfigError

Fold = Mapping[str, Sequence[str]]
"""Names of the cases of ``train``, ``test`` and, where there is one, ``val``."""


@dataclass(frozen=True)
class Contents:
    """Cases of a data set, and who trains and tests on which.

    Attributes:
        cohort: Prepared cases, all with masks.
        folds: Sets of each fold; one for a split that is no cross-validation.
    """

    cohort: Cohort
    folds: Sequence[Fold]

    def __post_init__(self) -> None:
        if not self.folds:
            raise ConfigError("split: no fold to export")

    @property
    def cross_validation(self) -> bool:
        """Whether several folds test different cases, so that none is held out from all of them."""
        return len(self.folds) > 1

    @property
    def cases(self) -> list[str]:
        """Names of the cases in any set, in the cohort's order."""
        used = {case for fold in self.folds for cases in fold.values() for case in cases}
        return [case for case in self.cohort.names if case in used]

    @property
    def held_out(self) -> list[str]:
        """Test cases that no fold trains on; none in a cross-validation."""
        return [] if self.cross_validation else list(self.folds[0]["test"])

    @property
    def learned(self) -> list[str]:
        """The other cases."""
        held_out = {*self.held_out}
        return [case for case in self.cases if case not in held_out]

    @property
    def files(self) -> dict[str, str]:
        """Names of files, without ending, by case."""
        return file_names(self.cases)

    @property
    def description(self) -> str:
        """The cohort in a line; its hash tells whether two data sets are the same cases."""
        return f"lungs in CT, exported by lungseg; cohort {self.cohort.sha256}"
