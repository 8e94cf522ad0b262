"""The split of a run: shown, and left as a file."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from lungseg.apps.checks import sweeping
from lungseg.apps.screen import print_table
from lungseg.data.cohort import Cohort
from lungseg.data.splits import Split
from lungseg.data.splits.balance import Balance
from lungseg.data.splits.file import NAME, describe
from lungseg.files import write_json

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

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("balance", no_wrap=True)
    for name in (*balance.n_cases, "difference", "in SD"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row("cases", *map(str, balance.n_cases.values()))
    table.add_row("slices", *map(str, balance.n_slices.values()))
    for row in balance.rows:
        cells = [_shown(value) for value in (*row.values.values(), row.difference)]
        table.add_row(escape(row.name), *cells, f"{row.standardized:.2f}")
    print_table(table)
    if balance.alike:
        print(f"the same in all cases, and left out: {', '.join(balance.alike)}")
    print(f"split: {balance.how}")


def _shown(value: float) -> str:
    return f"{value:.5f}" if abs(value) < 10 else f"{value:.1f}"
