"""Covariates of cases from a user's table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from lungseg.errors import ConfigError, listed

CASE = "case"


def read_table(file: str | Path, cases: Sequence[str]) -> dict[str, list[str]]:
    """Columns of a CSV file, in the order of the cases; rows of other cases are ignored.

    Args:
        file: With a header line, and case names in the column ``case``.
        cases: Names of the cases that must be in it.

    Raises:
        ConfigError: If it cannot be read, or a case is listed twice or is missing.
    """
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, restval="")
            columns, rows = list(reader.fieldnames or ()), list(reader)
    except FileNotFoundError:
        raise ConfigError("split.table: no such file", file) from None
    except (OSError, UnicodeDecodeError, csv.Error):
        raise ConfigError("split.table: cannot be read as CSV in UTF-8", file) from None
    if CASE not in columns:
        raise ConfigError(f"split.table: has no column {CASE!r}; there are {listed(columns)}", file)
    if len({*columns}) < len(columns):
        raise ConfigError("split.table: two columns have the same name", file)
    row_of: dict[str, dict[str, str]] = {}
    for row in rows:
        if None in row:
            raise ConfigError(
                f"split.table: line of {row[CASE]!r}: more values than there are columns", file
            )
        case = row[CASE].strip()
        if case in row_of:
            raise ConfigError(f"split.table: {case!r} is listed twice", file)
        row_of[case] = row
    missing = [case for case in cases if case not in row_of]
    if missing:
        raise ConfigError(f"split.table: has no line for {listed(missing)}", file)
    return {
        column: [row_of[case][column].strip() for case in cases]
        for column in columns
        if column != CASE
    }
