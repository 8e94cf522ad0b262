"""Sets given by the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError, listed
from lungseg.splits.patients import refuse_divided
from lungseg.splits.sets import Split


@dataclass(frozen=True, kw_only=True)
class Explicit:
    """Sets given as lists of case names.

    Attributes:
        test: Test cases.
        val: Validation cases.
        train: Training cases; None means all that are in no other set.
    """

    test: Sequence[str] | None = None
    val: Sequence[str] | None = None
    train: Sequence[str] | None = None

    def __post_init__(self) -> None:
        for key in ("test", "val", "train"):
            _check_list(key, getattr(self, key))

    def __call__(self, cohort: Cohort) -> Split:
        """The sets.

        Raises:
            ConfigError: If a case does not exist, or a case or patient is in two sets.
        """
        cases = cohort.names
        if self.test is None:
            raise ConfigError(
                f"split.test: must be given, e.g. 'split.test=[{cases[-1]}]'; there are"
                f" {listed(cases)}"
            )
        for key in ("test", "val", "train"):
            for name in getattr(self, key) or ():
                if name not in cases:
                    raise _no_case(key, str(name), cases)
        rest = [name for name in cases if name not in {*self.test, *(self.val or ())}]
        train = rest if self.train is None else list(self.train)
        split = Split(train=train, test=list(self.test), val=list(self.val or ()))
        refuse_divided(split.sets(), cohort)
        return split


@dataclass(frozen=True, kw_only=True)
class Positions:
    """Sets given as positions in the cohort, counted from 0; all other cases are for training."""

    test: Sequence[int]
    val: Sequence[int] | None = None

    def __post_init__(self) -> None:
        for key in ("test", "val"):
            _check_list(key, getattr(self, key))

    def __call__(self, cohort: Cohort) -> Split:
        """The sets.

        Raises:
            ConfigError: If a position is outside the cohort, or a patient is in two sets.
        """
        cases = cohort.names
        for key in ("test", "val"):
            for position in getattr(self, key) or ():
                if isinstance(position, str):
                    raise self._named(key, position, cases)
                if not isinstance(position, int) or not 0 <= position < len(cases):
                    raise ConfigError(
                        f"split.{key}: no case at position {position!r}: the cohort has"
                        f" {len(cases)} cases, positions 0 to {len(cases) - 1};"
                        " split=explicit names cases"
                    )
        return Explicit(test=[cases[i] for i in self.test], val=[cases[i] for i in self.val or ()])(
            cohort
        )

    def _named(self, key: str, name: str, cases: Sequence[str]) -> ConfigError:
        """What to say of a case that is given by its name."""
        if name not in cases:
            return _no_case(key, name, cases)
        return ConfigError(
            f"split.{key}: positions are expected, from 0 to {len(cases) - 1}; for names add"
            " split=explicit"
        )


def _no_case(key: str, name: str, cases: Sequence[str]) -> ConfigError:
    close = get_close_matches(name, cases, n=1)
    hint = f"did you mean {close[0]}? There" if close else "there"
    return ConfigError(f"split.{key}: no case {name!r}; {hint} are {listed(cases)}")


def _check_list(key: str, value: object) -> None:
    if value is not None and not isinstance(value, list | tuple):
        raise ConfigError(f"split.{key}={value}: must be a list: 'split.{key}=[{value}]'")
