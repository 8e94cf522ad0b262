"""What a run folder records, with a note of all that is taken from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from lungseg.errors import DataError
from lungseg.report.paper.ledger import Ledger
from lungseg.runs.provenance import PROVENANCE
from lungseg.runs.read import Run
from lungseg.splits.file import NAME

SPLIT = NAME
SUMMARY = "evaluation/summary.json"
CASES = "evaluation/cases.csv"
HISTORY = "metrics.csv"
SEPARATED = 10_000
"""Whole numbers from here on have their thousands apart."""
NOT_RECORDED = "not recorded"
"""Stands in a sentence for what older runs did not record; nothing is guessed."""


def plain(value: Any) -> str:
    """A recorded value as text: six digits, thousands apart, elements of a list by commas.

    Example:
        >>> plain(2 / 3), plain(70931601), plain([0.9, 1.1]), plain(None), plain(True)
        ('0.666667', '70,931,601', '0.9, 1.1', 'none', 'true')
        >>> plain([[-1000, 400], [-160, 240]])
        '[[-1000, 400], [-160, 240]]'
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= SEPARATED else str(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list) and any(isinstance(one, list | dict) for one in value):
        return json.dumps(value)
    if isinstance(value, list):
        return ", ".join(map(plain, value))
    return str(value)


def short(sha256: str) -> str:
    """The beginning of a hash."""
    return f"{sha256[:12]}…"


class Source:
    """One run of a pack.

    Args:
        number: Of the run in the pack, from 1.
        run: Completed.
        ledger: Takes the notes.

    Raises:
        DataError: If a file of the run is missing or damaged.
    """

    def __init__(self, number: int, run: Run, ledger: Ledger) -> None:
        self.number = number
        self.run = run
        self.ledger = ledger
        self._documents = {
            PROVENANCE: _json(run.folder, PROVENANCE),
            SPLIT: _json(run.folder, SPLIT),
            SUMMARY: run.summary,
        }

    def value(self, file: str, *path: str) -> Any:
        """A recorded value, not noted; None where there is none.

        Args:
            file: ``provenance.json``, ``split.json`` or ``evaluation/summary.json``.
            *path: Keys, from the outside in; of a list, its index.
        """
        value: Any = self._documents[file]
        for key in path:
            if isinstance(value, list):
                value = value[int(key)] if int(key) < len(value) else None
            else:
                value = value.get(key) if isinstance(value, dict) else None
        return value

    def text(self, file: str, *path: str, form: Callable[[Any], str] = plain) -> str:
        """A recorded value as text, noted; ``not recorded`` where there is none."""
        value = self.value(file, *path)
        return NOT_RECORDED if value is None else self.note(form(value), value, file, *path)

    def note(self, shown: str, value: Any, file: str, *path: str) -> str:
        """Note what was taken or worked out from a file of this run."""
        return self.ledger.note(shown, value, self.number, file, ".".join(path))

    def count(self, file: str, *path: str) -> str:
        """Number of elements of a recorded list or mapping, noted."""
        n = len(self.value(file, *path) or ())
        return self.note(plain(n), n, file, f"len({'.'.join(path)})")

    def config(self, *path: str) -> Any:
        """A setting, not noted."""
        return self.value(PROVENANCE, "config", *path)

    def setting(self, *path: str) -> str:
        """A setting as text, noted."""
        return self.text(PROVENANCE, "config", *path)

    def evaluated(self, *path: str) -> Any:
        """What ``provenance.json`` says of the evaluation, not noted."""
        return self.value(PROVENANCE, "evaluation", *path)

    @cached_property
    def pool(self) -> dict[str, Any] | None:
        """The folds of a pooled cross-validation; None for a single run."""
        pool: dict[str, Any] | None = self.value(PROVENANCE, "pool")
        return pool

    @property
    def trained(self) -> bool:
        """Whether a model of lungseg made its masks; others may be made by anything."""
        return self.run.trained

    @cached_property
    def sets(self) -> dict[str, list[str]]:
        """Cases by set, test first."""
        sets: dict[str, list[str]] = self.value(SPLIT, "sets")
        return {name: sets[name] for name in ("test", "val", "train") if name in sets}


def _json(folder: Path, name: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((folder / name).read_text())
    except FileNotFoundError:
        raise DataError(f"runs: {name} is missing", folder) from None
    except ValueError:
        raise DataError(f"runs: {name} is damaged", folder / name) from None
    return content
