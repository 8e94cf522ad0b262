"""Cases of one patient: one unit of every split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError


def patients(cohort: Cohort) -> list[list[str]]:
    """Names of each patient's cases, in the cohort's order. An unlabelled case is its own."""
    groups: dict[str, list[str]] = {}
    for case in cohort.names:
        groups.setdefault(cohort.patients.get(case, case), []).append(case)
    return list(groups.values())


def by_name(cohort: Cohort) -> list[list[str]]:
    """As :func:`patients`, sorted: whatever is drawn does not depend on the cohort's order."""
    return sorted(sorted(cases) for cases in patients(cohort))


def refuse_divided(sets: Mapping[str, Sequence[str]], cohort: Cohort) -> None:
    """Stop when a patient's cases stand in two sets.

    Raises:
        ConfigError: Naming the first two such cases.
    """
    seen: dict[str, tuple[str, str]] = {}
    for name, cases in sets.items():
        for case in cases:
            first, where = seen.setdefault(cohort.patients.get(case, case), (case, name))
            if where != name:
                raise ConfigError(
                    f"split: {first} ({where}) and {case} ({name}) are of one patient; put them in"
                    " one set, or leave one out (split.train lists what trains)"
                )


def check_size(key: str, wanted: object, *, needed: bool = False) -> None:
    """Check a share of the patients, or a number of them.

    Raises:
        ConfigError: Naming the setting.
    """
    share = isinstance(wanted, float) and 0 <= wanted < 1
    number = isinstance(wanted, int) and not isinstance(wanted, bool) and wanted >= 0
    if not (share or number):
        raise ConfigError(
            f"split.{key}: must be a share of the patients from 0 to 1, or a whole number of them,"
            f" got {wanted!r}"
        )
    if needed and not wanted:
        raise ConfigError(f"split.{key}={wanted}: must not be 0")


def how_many(wanted: float, n: int) -> int:
    """Patients that a share or a number means: shares are rounded, to one at least if not 0."""
    if isinstance(wanted, int):
        return wanted
    return max(1, round(wanted * n)) if wanted else 0


def refuse_too_few(n: int, test: int, val: int) -> None:
    """Stop when no patient is left to train.

    Raises:
        ConfigError: Saying how many there are.
    """
    if test + val >= n:
        raise ConfigError(
            f"split: {test} test and {val} validation patients of {n} leave none to train"
        )


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names for a message, the first of them where there are many."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown}, … ({len(names)} in all)"
