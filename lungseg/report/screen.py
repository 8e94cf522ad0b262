"""The numbers of an evaluation or of a comparison, on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from lungseg.report.comparison import Comparison
    from lungseg.splits.balance import Balance

ROWS = 20
"""Of a comparison, at most, on the screen; the files hold all."""


def one_liner(summary: dict[str, Any]) -> str:
    """The headline of all sets, in one line."""
    from lungseg.report.numbers import shown

    keys = {"dsc_mean_nonempty": "DSC", "accuracy_mean": "accuracy", "pr_auc": "PR area"}
    return "; ".join(
        f"{name} " + ", ".join(f"{label} {shown(k, numbers[k]).value}" for k, label in keys.items())
        for name, numbers in summary.items()
    )


def print_summary(summary: dict[str, Any], *, synthetic: bool) -> None:
    """Print the numbers of all sets side by side, each with its interval and its n."""
    from rich import box
    from rich.table import Table

    from lungseg.report.numbers import SECTIONS, shown

    title = "SYNTHETIC data: these numbers say nothing about patients" if synthetic else None
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name in summary:
        table.add_column(name, justify="right", no_wrap=True)
        table.add_column("95 % interval", justify="right", no_wrap=True, style="dim")
        table.add_column("n", justify="right", no_wrap=True, style="dim")
    for section, names in SECTIONS.items():
        table.add_section()
        table.add_row(f"[bold]{section}")
        for key, label in names.items():
            cells = [shown(key, numbers[key]) for numbers in summary.values()]
            texts = [text for cell in cells for text in (cell.value, cell.interval, cell.n)]
            table.add_row(f"  {label}", *texts)
    print_table(table)


def print_comparison(found: Comparison, notes: Sequence[str]) -> None:
    """Print each setting's numbers, what was found of each pair, and what to know of both."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from lungseg.report.compare_page import BRIEF
    from lungseg.report.compare_tables import headlines, seeds, sets_shown
    from lungseg.report.numbers import shown
    from lungseg.report.settings import cut

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    several = len(found.groups) > 1
    for name in (*(["group"] if several else []), "setting"):
        table.add_column(name, no_wrap=True)
    keys = dict.fromkeys((found.metric.headline, "dsc_mean_nonempty", "accuracy_mean"))
    columns = [(name, key) for name in sets_shown(found) for key in keys]
    for name in ("runs", *(f"{name} {BRIEF.get(key, key)}" for name, key in columns)):
        table.add_column(name, justify="right", no_wrap=True)
    for setting in found.settings[:ROWS]:
        numbers = headlines(found, setting)
        cells = []
        for name, key in columns:
            number = numbers.get(name, {}).get(key, {"value": None, "n_runs": 0})
            some = 0 < number["n_runs"] < len(setting.runs)  # undefined in the other repeats
            part = f" ({number['n_runs']} of {len(setting.runs)} runs)" if some else ""
            cells.append(shown(key, number | {"n": 0}).value + part)
        first = [setting.group] if several else []
        table.add_row(*first, escape(cut(setting.name, 60)), str(len(setting.runs)), *cells)
    what = ", ".join(one.name for one in found.varied) or (
        "the seed" if seeds(found) else "nothing"
    )
    print(f"the runs differ in {what}")
    print_table(table)
    for line in [*(pair.sentence for pair in found.pairs[:ROWS]), *notes]:
        print(line)
    if max(len(found.settings), len(found.pairs)) > ROWS:
        print(f"… of {len(found.settings)} settings and {len(found.pairs)} pairs; the page has all")


def print_balance(balance: Balance) -> None:
    """Print the balance table."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from lungseg.report.balance import columns, lines, remarks

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


def print_table(table: Table) -> None:
    """Print a table in full: better lines that wrap than figures cut short."""
    from rich.console import Console
    from rich.measure import Measurement

    needed = Measurement.get(wide := Console(width=1000), wide.options, table).maximum
    console = Console()
    console.width = max(console.width, needed)
    console.print(table)
