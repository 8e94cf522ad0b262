"""The table of a pooled cross-validation on the terminal."""

from __future__ import annotations

from lungseg.evaluation.pooled import Pooled
from lungseg.report.numbers import SECTIONS, shown
from lungseg.report.screen import print_table

SHOWN = (
    *("dsc_mean_nonempty", "accuracy_mean", "share_excellent"),
    *("recall", "specificity", "precision", "pr_auc"),
    *("volume_dsc_mean", "hd95_mm_mean", "msd_mm_mean", "surface_dice_2mm_mean"),
)
"""Numbers on the screen; the page has all."""
MOST = 6
"""Folds beside each other; of more, the lowest and the highest value."""


def print_pooled(pooled: Pooled) -> None:
    """Print the pooled numbers with intervals and n, and those of each fold beside them."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    title = "SYNTHETIC data: these numbers say nothing about patients" if pooled.synthetic else None
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", no_wrap=True)
    several = len(pooled.repeats) > 1
    few = len(pooled.parts) <= MOST
    what = "repeat" if several else "fold"
    others = list(pooled.parts) if few else [f"lowest {what}", f"highest {what}"]
    for name in (f"all {what}s", "95 % interval", "n", *others):
        style = "dim" if name in ("95 % interval", "n") else None
        table.add_column(escape(name), justify="right", no_wrap=True, style=style)
    names = {key: name for section in SECTIONS.values() for key, name in section.items()}
    for key in SHOWN:
        whole = shown(key, pooled.test[key])
        numbers = [part[key] for part in pooled.parts.values() if key in part]
        if not few:
            defined = [number for number in numbers if number["value"] is not None]
            defined.sort(key=lambda number: float(number["value"]))
            numbers = [defined[0], defined[-1]] if defined else []
        cells = [shown(key, number).value for number in numbers]
        table.add_row(names[key], whole.value, whole.interval, whole.n, *cells)
    print_table(table)
