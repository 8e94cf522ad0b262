"""Cases of one patient, which no split separates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError


def patients(cohort: Cohort) -> list[list[str]]:
    """Names of each patient's cases, in the cohort's order; unlabelled cases count as patients."""
    groups: dict[str, list[str]] = {}
    for case in cohort.names:
        groups.setdefault(cohort.patients.get(case, case), []).append(case)
    return list(groups.values())


def by_name(cohort: Cohort) -> list[list[str]]:
    """As :func:`patients`, sorted, so that random draws do not depend on the cohort's order."""
    return sorted(sorted(cases) for cases in patients(cohort))


def refuse_divided(sets: Mapping[str, Sequence[str]], cohort: Cohort) -> None:
    """Refuse sets that share a patient.

    Raises:
        ConfigError: Naming the first two such cases.
    """
    seen: dict[str, tuple[str, str]] = {}
    for name, cases in sets.items():
        for case in cases:
            first, where = seen.setdefault(cohort.patients.get(case, case), (case, name))
            if where != name:
                raise ConfigError(
                    f"split: {first} ({where}) and {case} ({name}) belong to one patient; put them"
                    " in one set, or leave one out (split.train lists the training cases)"
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


def refuse_all(key: str, value: object) -> None:
    """Refuse the word that asks a sweep for all folds: one run has one.

    Raises:
        ConfigError: Naming the setting.
    """
    if value == "all":
        raise ConfigError(f"split.{key}=all: trains a run per fold: add -m: lungseg train -m …")


def how_many(wanted: float, n: int) -> int:
    """Number of patients for a share or a number; shares are rounded, to at least 1 unless 0.

    Example:
        >>> how_many(0.25, 10), how_many(0.01, 10), how_many(3, 10)
        (2, 1, 3)
    """
    if isinstance(wanted, int):
        return wanted
    return max(1, round(wanted * n)) if wanted else 0


def refuse_too_few(n: int, test: int, val: int) -> None:
    """Refuse sets that leave no patient for training.

    Raises:
        ConfigError: With the numbers of patients.
    """
    if test + val >= n:
        raise ConfigError(
            f"split: {test} test and {val} validation patients of {n} leave none for training"
        )
