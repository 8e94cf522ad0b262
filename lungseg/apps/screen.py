"""The numbers of an evaluation, on the screen."""

from __future__ import annotations

from typing import Any


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


def print_table(table: Any) -> None:
    """Print a table of rich's in full: better lines that wrap than figures cut short."""
    from rich.console import Console
    from rich.measure import Measurement

    needed = Measurement.get(wide := Console(width=1000), wide.options, table).maximum
    console = Console()
    console.width = max(console.width, needed)
    console.print(table)
