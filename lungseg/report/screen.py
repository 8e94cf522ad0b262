"""Tables and progress bars on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lungseg.report.above_bars import logged_above_bars

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from lungseg.data.cohort import Cohort
    from lungseg.report.compared import Comparison
    from lungseg.splits.balance import Balance

ROWS = 20
"""Rows of a comparison shown on the screen; the files contain all."""
NAMED = 6
"""Cases named in one line."""


def one_liner(summary: dict[str, Any]) -> str:
    """The headline of all sets, in one line."""
    from lungseg.report.numbers import shown

    keys = {"dsc_mean_nonempty": "DSC", "accuracy_mean": "accuracy", "pr_auc": "PR area"}
    return "; ".join(
        f"{name} " + ", ".join(f"{label} {shown(k, numbers[k]).value}" for k, label in keys.items())
        for name, numbers in summary.items()
    )


def print_summary(summary: dict[str, Any], *, synthetic: bool) -> None:
    """Print the numbers of the test set with intervals and n, the others beside them if they fit.

    On a terminal of 80 columns only the test set does; a line says where the others are.
    """
    from rich.console import Console

    first = "test" if "test" in summary else next(iter(summary))
    others = [name for name in ("val", "train") if name in summary and name != first]
    console = Console()
    table = _summary_table(summary, [first, *others], synthetic=synthetic)
    if console.is_terminal and others and _width(table) > console.width:
        table = _summary_table(summary, [first], synthetic=synthetic)
        print_table(table)
        print(one_liner({name: summary[name] for name in others}))
        print("all numbers of all sets: evaluation/summary.json, and the page")
        _say_what_came_before(summary)
        return
    print_table(table)
    _say_what_came_before(summary)


def _say_what_came_before(summary: dict[str, Any]) -> None:
    """Tell that some numbers are not of the masks that the others are of."""
    if any(numbers.get("postprocess") for numbers in summary.values()):
        print(
            "before post-processing: areas under curves, best threshold, Brier score, calibration;"
            " and the DSC of each epoch"
        )


def _summary_table(summary: dict[str, Any], sets: list[str], *, synthetic: bool) -> Table:
    from rich import box
    from rich.table import Table

    from lungseg.report.numbers import SECTIONS, shown

    title = "SYNTHETIC data: these numbers say nothing about patients" if synthetic else None
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in sets:
        table.add_column(name, justify="right", no_wrap=True)
        table.add_column("95 % interval", justify="right", no_wrap=True, style="dim")
        table.add_column("n", justify="right", no_wrap=True, style="dim")
    for section, names in SECTIONS.items():
        table.add_section()
        table.add_row(f"[bold]{section}")
        for key, label in names.items():
            cells = [shown(key, summary[name][key]) for name in sets]
            texts = [text for cell in cells for text in (cell.value, cell.interval, cell.n)]
            table.add_row(f" {label}", *texts)
    return table


def print_comparison(comparison: Comparison, notes: Sequence[str]) -> None:
    """Print the numbers of each setting, the result for each pair, and notes on both."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from lungseg.report.compare_tables import BRIEF, headlines, seeds, sets_shown
    from lungseg.report.differences import cut
    from lungseg.report.numbers import shown

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    several = len(comparison.groups) > 1
    for name in (*(["group"] if several else []), "setting"):
        table.add_column(name, no_wrap=True)
    keys = dict.fromkeys((comparison.metric.headline, "dsc_mean_nonempty", "accuracy_mean"))
    columns = [(name, key) for name in sets_shown(comparison) for key in keys]
    for name in ("runs", *(f"{name} {BRIEF.get(key, key)}" for name, key in columns)):
        table.add_column(name, justify="right", no_wrap=True)
    for setting in comparison.settings[:ROWS]:
        numbers = headlines(comparison, setting)
        cells = []
        for name, key in columns:
            number = numbers.get(name, {}).get(key, {"value": None, "n_runs": 0})
            some = 0 < number["n_runs"] < len(setting.runs)  # the other repeats are undefined
            part = f" ({number['n_runs']} of {len(setting.runs)} runs)" if some else ""
            cells.append(shown(key, number | {"n": 0}).value + part)
        first = [setting.group] if several else []
        table.add_row(*first, escape(cut(setting.name, 60)), str(len(setting.runs)), *cells)
    what = ", ".join(setting.name for setting in comparison.varied) or (
        "the seed" if seeds(comparison) else "no setting"
    )
    print(f"the runs differ in {what}")
    print_table(table)
    for line in [*(pair.sentence for pair in comparison.pairs[:ROWS]), *notes]:
        print(line)
    if max(len(comparison.settings), len(comparison.pairs)) > ROWS:
        n_settings, n_pairs = len(comparison.settings), len(comparison.pairs)
        print(f"… of {n_settings} settings and {n_pairs} pairs; the page has all")


def print_balance(balance: Balance) -> None:
    """Print the balance table."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from lungseg.report.balance import columns, lines, remarks

    content = balance.to_dict()
    first, *others = columns(content)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines(content):
        table.add_row(*map(escape, line))
    print_table(table)
    for remark in remarks(content):
        print(remark)


def print_table(table: Table) -> None:
    """Print a table in full: lines that wrap are better than truncated numbers."""
    from rich.console import Console

    console = Console()
    console.width = max(console.width, _width(table))
    console.print(table)


def _width(table: Table) -> int:
    """Columns that a table takes on a terminal wide enough."""
    from rich.console import Console
    from rich.measure import Measurement

    wide = Console(width=1000)
    return Measurement.get(wide, wide.options, table).maximum


def print_cohort(cohort: Cohort) -> None:
    """Print the cohort, one row per case, and below it the findings in the files."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from lungseg.report.audit import cases_in, failures, totals
    from lungseg.report.audit_cases import evidence_cells, lung_cells
    from lungseg.report.obstacles import obstacles

    console = Console()
    whole, failed = totals(cohort), failures(cohort)
    plural = "s" if whole["n_cases"] != 1 else ""
    masked = whole["n_without_mask"] < whole["n_cases"] or not cohort.cases
    alone = "" if masked else " without masks"
    title = escape(f"{whole['n_cases']} case{plural}{alone} in {cohort.store}")
    if cohort.synthetic:
        title += " (SYNTHETIC)"
    table = Table(
        title=title,
        min_width=min(len(title), console.width),  # a title wraps where its table ends
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("case", overflow="fold")
    # The audit has more columns; these fit a terminal of 80 characters.
    lung, evidence = (["empty", "lung"], ["flip", "score"]) if masked else ([], [])
    for column in ("slices", *lung, "spacing mm", *evidence, "findings"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, case in cases_in(cohort).items():
        table.add_row(
            escape(name),
            str(case["slices"]),
            *(lung_cells(case)[:2] if masked else []),
            " ".join(f"{size:.3g}" for size in case["spacing_mm"]),
            *(evidence_cells(case["alignment"]) if masked else []),
            str(len(case["findings"]) or ""),
        )
    for name in failed:
        table.add_row(escape(name), "failed", style="red")
    if cohort.cases:
        table.add_section()
        shares = []
        if not whole["n_without_mask"]:
            shares = [f"{whole['empty_share']:.3f}", f"{whole['positive_share']:.4f}"]
        table.add_row("all", str(whole["n_slices"]), *shares)
    console.print(table)
    for name, reason in failed.items():
        console.print(
            f"{name}: failed, left out: {reason}", style="red", soft_wrap=True, markup=False
        )
    cases_by_finding: dict[str, list[str]] = {}
    for name, case in cases_in(cohort).items():
        for finding in case["findings"]:
            sentence = f"{finding['severity']}: {finding['text']}"
            cases_by_finding.setdefault(sentence, []).append(name)
    for sentence, names in cases_by_finding.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        console.print(f"{', '.join(names[:NAMED])}{more}: {sentence}", soft_wrap=True, markup=False)
    for sentence in obstacles(cohort):
        console.print(sentence, style="red", soft_wrap=True, markup=False)


def track(names: list[str], what: str) -> Iterable[str]:
    """Iterate with a progress bar on a terminal; the bar disappears at the end.

    What is logged meanwhile is shown above it, on lines of its own.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not names or not console.is_terminal:
        return names
    return _tracked(names, what, console)


def _tracked(names: list[str], what: str, console: Console) -> Iterator[str]:
    from rich.progress import track as rich_track

    with logged_above_bars(console):
        yield from rich_track(names, what, console=console, transient=True)
