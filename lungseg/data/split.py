"""Who trains and who tests: always by case, never by slice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from lungseg.errors import ConfigError


@dataclass(frozen=True)
class Split:
    """Names of the cases in each set; no case is in two."""

    train: list[str]
    test: list[str]
    val: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("train", "test"):
            if not getattr(self, name):
                raise ConfigError(f"split: no case is left for {name}")
        seen: dict[str, str] = {}
        for set_name, cases in self.sets().items():
            for case in cases:
                if case in seen:
                    where = " and ".join(dict.fromkeys((seen[case], set_name)))
                    raise ConfigError(f"split: {case} is listed twice (in {where})")
                seen[case] = set_name

    def sets(self) -> dict[str, list[str]]:
        """Sets by name, in the order train, val, test; val only where there is one."""
        sets = {"train": self.train, "val": self.val, "test": self.test}
        return {name: cases for name, cases in sets.items() if cases}


def explicit(
    cases: Sequence[str],
    *,
    test: Sequence[str],
    val: Sequence[str] | None = None,
    train: Sequence[str] | None = None,
) -> Split:
    """Sets given as lists of case names; ``train`` defaults to all that are in no other set.

    Raises:
        ConfigError: If a case does not exist or stands in two sets.
    """
    for key, names in (("test", test), ("val", val), ("train", train)):
        _check_list(key, names)
        for name in names or ():
            if name not in cases:
                raise ConfigError(f"split.{key}: no case {name!r}; there are {_list(cases)}")
    rest = [name for name in cases if name not in {*test, *(val or ())}]
    return Split(train=rest if train is None else list(train), test=list(test), val=list(val or ()))


def positions(
    cases: Sequence[str], *, test: Sequence[int], val: Sequence[int] | None = None
) -> Split:
    """Sets given as positions in the cohort, counted from 0; all the rest is for training.

    Raises:
        ConfigError: If a position lies outside the cohort.
    """
    for key, wanted in (("test", test), ("val", val)):
        _check_list(key, wanted)
        for position in wanted or ():
            if not isinstance(position, int) or not 0 <= position < len(cases):
                raise ConfigError(
                    f"split.{key}: no case at position {position!r}: the cohort has {len(cases)}"
                    f" cases, positions 0 to {len(cases) - 1}; split=explicit names cases"
                )
    return explicit(
        cases, test=[cases[i] for i in test], val=[cases[i] for i in val] if val else None
    )


def fraction(cases: Sequence[str], *, test: float, val: float = 0.0, seed: int = 0) -> Split:
    """Sets drawn at random: shares of the cases, rounded, at least one where the share is not 0.

    Raises:
        ConfigError: If shares are out of range or leave no case for training.
    """
    for key, share in (("test", test), ("val", val)):
        if not isinstance(share, int | float) or not 0 <= share < 1:
            raise ConfigError(
                f"split.{key}: must be a share of the cases from 0 to 1, got {share!r}"
            )
    n_test, n_val = (max(1, round(share * len(cases))) if share else 0 for share in (test, val))
    if n_test + n_val >= len(cases):
        raise ConfigError(
            f"split: {n_test} test and {n_val} validation cases of {len(cases)} leave none to train"
        )
    # Drawn from sorted names: the split does not depend on the order in which cases were found.
    drawn = random.Random(seed).sample(sorted(cases), n_test + n_val)
    return explicit(cases, test=sorted(drawn[:n_test]), val=sorted(drawn[n_test:]))


def _check_list(key: str, value: object) -> None:
    if value is not None and not isinstance(value, list | tuple):
        raise ConfigError(f"split.{key}={value}: must be a list: 'split.{key}=[{value}]'")


def _list(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown}, … ({len(names)} in all)"
