"""Where each number of a pack was taken from: ``numbers.csv``."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import Any

COLUMNS = ("shown", "value", "run", "file", "key")
SOFTWARE = "lungseg"
"""Stands for a file where a number is a constant of the software; the key is its name."""


@dataclass
class Ledger:
    """Notes of numbers, in the order in which they were first shown."""

    rows: dict[tuple[str, ...], None] = field(default_factory=dict)

    def note(self, shown: str, value: Any, run: int | None, file: str, key: str) -> str:
        """Note a number, or a text that contains one.

        Args:
            shown: As the pack shows it.
            value: As recorded.
            run: Number of the run, from 1; None for what belongs to no run.
            file: In the run folder.
            key: Dotted path in the file. What was counted or added up says so: ``len(sets.test)``,
                ``sum(epoch_seconds)``.

        Returns:
            `shown`, so that a note can stand in a sentence.
        """
        plain = value if isinstance(value, str) else json.dumps(value)
        self.rows[shown, plain, "" if run is None else str(run), file, key] = None
        return shown

    def constant(self, shown: str, value: Any, name: str) -> str:
        """Note a constant of the software.

        Args:
            shown: As the pack shows it.
            value: The constant.
            name: Dotted name of the constant.
        """
        return self.note(shown, value, None, SOFTWARE, name)

    def text(self) -> str:
        """The text of ``numbers.csv``: one row per number and place."""
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(self.rows)
        return written.getvalue()
