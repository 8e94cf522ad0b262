"""The split of a run: shown, and left as a file."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lungseg.apps.checks import sweeping
from lungseg.apps.screen import print_table
from lungseg.data.cohort import Cohort
from lungseg.data.splits import Split
from lungseg.data.splits.balance import Balance
from lungseg.data.splits.file import NAME, describe
from lungseg.files import write_json
from lungseg.report.balance import columns, lines, remarks

log = logging.getLogger(__name__)


def leave_split(split: Split, cohort: Cohort, recorded: dict[str, Any], run_dir: Path) -> None:
    """Write ``split.json``; say how even the sets are, in a sweep for its first job alone."""
    write_json(run_dir / NAME, describe(split, cohort, recorded["split"]))
    if sweeping() and not _first_job():
        return
    for note in split.notes:
        log.warning(note)
    if split.balance is not None:
        print_balance(split.balance)


def _first_job() -> bool:
    from hydra.core.hydra_config import HydraConfig

    return bool(HydraConfig.get().job.num == 0)


def print_balance(balance: Balance) -> None:
    """Print the balance table."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    found = balance.to_dict()
    first, *others = columns(found)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines(found):
        table.add_row(*map(escape, line))
    print_table(table)
    for remark in remarks(found):
        print(remark)


def read_balance(folder: Path, sets: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    """The balance table that a run left, or None where it left none of just these sets."""
    try:
        saved = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    left = {name: sorted(cases) for name, cases in saved["sets"].items()}
    if left != {name: sorted(cases) for name, cases in sets.items()}:
        return None
    found: dict[str, Any] | None = saved["balance"]
    return found
