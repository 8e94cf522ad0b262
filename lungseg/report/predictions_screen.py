"""What ``lungseg predict`` prints: one row per scan, and below it what needs a look."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

NAMED = 6
"""Scans named in one line."""


def print_predictions(
    records: Mapping[str, Mapping[str, Any] | None],
    places: Mapping[str, str],
    done: Collection[str],
    failed: Mapping[str, str],
) -> None:
    """Print volumes and findings of scans, and where each scan lies.

    Paths are for the screen alone, where they tell which scan a pseudonym stands for.

    Args:
        records: ``prediction.json`` of each scan, None for one that has none.
        places: File or folder of each scan, as a person would find it.
        done: Names of scans that had been predicted before.
        failed: Reasons of scans that failed, by name.
    """
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("scan", overflow="fold")
    for column in ("right ml", "left ml", "to look at", "s"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("from", overflow="fold", style="dim")
    for name, record in records.items():
        where = escape(places[name])
        if name in failed or record is None:
            table.add_row(escape(name), "failed", "", "", "", where, style="red")
            continue
        volumes = [f"{record['lungs'][side]['volume_ml']:.0f}" for side in ("right", "left")]
        warnings = sum(finding["severity"] != "info" for finding in record["findings"])
        seconds = "done before" if name in done else f"{record['seconds']:.1f}"
        table.add_row(escape(name), *volumes, str(warnings or ""), seconds, where)
    console.print(table)
    for name, reason in failed.items() if len(failed) > 1 else ():  # the error names the first
        console.print(f"{name}: failed: {reason}", style="red", soft_wrap=True, markup=False)
    scans_by_finding: dict[str, list[str]] = {}
    for name, record in records.items():
        for finding in (record or {}).get("findings", ()) if name not in failed else ():
            sentence = f"{finding['severity']}: {finding['text']}"
            scans_by_finding.setdefault(sentence, []).append(name)
    for sentence, names in scans_by_finding.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        console.print(f"{', '.join(names[:NAMED])}{more}: {sentence}", soft_wrap=True, markup=False)
