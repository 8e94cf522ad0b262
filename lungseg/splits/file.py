"""A split as a file, written by a run and usable by another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError, DataError, listed
from lungseg.splits.patients import refuse_divided
from lungseg.splits.sets import Split

NAME = "split.json"
SETS = ("train", "val", "test")


def describe(split: Split, cohort: Cohort, made_by: Mapping[str, Any]) -> dict[str, Any]:
    """The contents of ``split.json``.

    Args:
        split: The sets.
        cohort: The cohort that was split.
        made_by: The settings of the split, without paths of the source.
    """
    balance = split.balance.to_dict() if split.balance else None
    return describe_sets(split.sets(), cohort, made_by) | {"balance": balance}


def describe_sets(
    sets: Mapping[str, Sequence[str]], cohort: Cohort, made_by: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The contents of ``split.json`` where cases are evaluated that no training split.

    Args:
        sets: Names of cases by set.
        cohort: With all cases.
        made_by: The settings of the split, if there was one.
    """
    used = {case for cases in sets.values() for case in cases}
    return {
        "sets": {name: list(cases) for name, cases in sets.items()},
        "left_out": [case for case in cohort.names if case not in used],
        "made_by": dict(made_by or {}),
        "cohort_sha256": cohort.sha256,
        "balance": None,
        "patients": {case: cohort.patients.get(case, case) for case in cohort.names},
    }


def read_split(folder: Path) -> dict[str, Any]:
    """What a run's ``split.json`` contains; empty where it has none, as one evaluated elsewhere.

    Raises:
        DataError: If the file is damaged.
    """
    try:
        saved: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise DataError(f"{NAME} is damaged", folder) from None
    return saved


def read_balance(folder: Path, sets: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    """The balance table of a run, or None if it has none for exactly these sets."""
    try:
        saved = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    recorded = {name: sorted(cases) for name, cases in saved["sets"].items()}
    if recorded != {name: sorted(cases) for name, cases in sets.items()}:
        return None
    balance: dict[str, Any] | None = saved["balance"]
    return balance


@dataclass(frozen=True, kw_only=True)
class FromFile:
    """The sets of a ``split.json``, for a cohort of exactly these cases."""

    file: str | None = None

    def __post_init__(self) -> None:
        if self.file is None:
            raise ConfigError("split.file: must be given: split.file=RUN/split.json")
        if not Path(self.file).exists():
            raise ConfigError("split.file: no such file", self.file)

    def __call__(self, cohort: Cohort) -> Split:
        """The sets.

        Raises:
            ConfigError: If there is no such file, or its cases are not those of the cohort.
        """
        assert self.file is not None
        saved = self._read(Path(self.file))
        sets, known = saved["sets"], {*saved["left_out"]}.union(*saved["sets"].values())
        gone = sorted(known - {*cohort.names})
        if gone:
            raise ConfigError(f"split.file: not in this cohort: {listed(gone)}", self.file)
        new = [case for case in cohort.names if case not in known]
        if new:
            raise ConfigError(
                f"split.file: does not contain these cases: {listed(new)}; add them to a set"
                " or to left_out",
                self.file,
            )
        changed = saved.get("cohort_sha256") not in (None, cohort.sha256)
        notes = ("split.file: voxels or masks of these cases changed since it was made",)
        train, val, test = (list(sets.get(name, [])) for name in SETS)
        split = Split(train, test, val, notes=notes if changed else ())
        refuse_divided(split.sets(), cohort)
        return split

    def _read(self, file: Path) -> dict[str, Any]:
        try:
            saved = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise ConfigError("split.file: cannot be read as JSON", file) from None
        if not _valid(saved):
            raise ConfigError(
                'split.file: must contain {"sets": {"train": [case, …], "test": […]}}, as a run\'s'
                f" {NAME} does",
                file,
            )
        return {"left_out": [], **saved}


def _valid(saved: object) -> bool:
    if not isinstance(saved, dict) or not isinstance(sets := saved.get("sets"), dict):
        return False
    lists = [*sets.values(), saved.get("left_out", [])]
    names = all(
        isinstance(cases, list) and all(isinstance(case, str) for case in cases) for cases in lists
    )
    return names and sets.keys() <= {*SETS}
