"""The flow of cases: found, failed, in no set, and in which set; as a figure and as a table."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lungseg.files import replacing
from lungseg.report.paper.folds import labels
from lungseg.report.paper.methods_data import SETS, n_prepared
from lungseg.report.paper.results import written
from lungseg.report.paper.source import SPLIT, Source, plain
from lungseg.report.style import new_figure, style
from lungseg.runs.provenance import PROVENANCE

REASONS = 4
"""Reasons shown in a box, the most frequent first; the table has all."""
FOLDS = 10
"""Folds up to which each has its number of cases."""
LETTERS = 44
"""Of a line in a box beside."""
HEIGHT = 3.0
MIDDLE = 0.26
"""Of the boxes on the way of the cases that are used, as a share of the width, where there are
others beside them."""


@dataclass(frozen=True)
class Flow:
    """Texts of the boxes, with their counts.

    Attributes:
        found: At the top.
        failed: Beside the way from there, or empty.
        prepared: Below.
        left_out: Beside the way from there, or empty.
        sets: In the last row.
    """

    found: str
    failed: str
    prepared: str
    left_out: str
    sets: Sequence[str]


def flow(source: Source) -> Flow:
    """What became of the cases of a run."""
    failed: dict[str, str] = source.value(PROVENANCE, "failed_cases") or {}
    prepared = n_prepared(source)
    n_found = int(prepared.replace(",", "")) + len(failed)
    parts = [*(f"len(sets.{name})" for name in source.sets), "len(left_out)"]
    found = source.note(plain(n_found), n_found, f"{SPLIT} + {PROVENANCE}",
                        " + ".join([*parts, "len(failed_cases)"]))  # fmt: skip
    left_out = ""
    if source.value(SPLIT, "left_out"):
        left_out = f"in no set: {source.count(SPLIT, 'left_out')}"
    return Flow(
        f"cases found: {found}", _failed(source, failed), f"prepared: {prepared}", left_out,
        _sets(source),
    )  # fmt: skip


def _failed(source: Source, failed: dict[str, str]) -> str:
    if not failed:
        return ""
    lines = [f"could not be prepared: {source.count(PROVENANCE, 'failed_cases')}"]
    reasons = Counter(failed.values()).most_common()
    for reason, n in reasons[:REASONS]:
        count = source.note(plain(n), n, PROVENANCE, f"count(failed_cases={reason})")
        lines += textwrap.wrap(f"{count}: {reason}", LETTERS, subsequent_indent="   ")
    if len(reasons) > REASONS:
        n = len(reasons) - REASONS
        lines.append(f"and {n} more {'reason' if n == 1 else 'reasons'} (flow.csv)")
    return "\n".join(lines)


def _sets(source: Source) -> list[str]:
    counts = [f"{SETS[name]}: {source.count(SPLIT, 'sets', name)}" for name in
              ("train", "val", "test") if name in source.sets]  # fmt: skip
    if source.pool is None:
        return counts
    folds = labels(source)
    tested = [source.note(plain(n), n, PROVENANCE, f"count(pool.folds={label})")
              for label, n in sorted(folds.items())]  # fmt: skip
    if len(folds) > FOLDS:
        fewest, most = (plain(end(folds.values())) for end in (min, max))
        each = fewest if fewest == most else f"{fewest} to {most}"
        tested = [f"{len(folds)} folds of {each}"]
    return [f"tested out of fold: {', '.join(tested)}\n(cases of each fold)"]


def draw(boxes: Flow, *, synthetic: bool) -> Figure:
    """The diagram."""
    figure = new_figure(HEIGHT, synthetic)
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")
    middle = MIDDLE if boxes.failed or boxes.left_out else 0.5
    _row(axes, middle, 0.92, boxes.found, boxes.failed)
    _arrow(axes, (middle, 0.92), (middle, 0.58))
    _row(axes, middle, 0.5, boxes.prepared, boxes.left_out)
    n = len(boxes.sets)
    for k, text in enumerate(boxes.sets):
        x = middle + (k - (n - 1) / 2) * 0.23
        _arrow(axes, (middle, 0.5), (x, 0.16))
        _box(axes, x, 0.08, text)
    return figure


def _row(axes: Axes, x: float, y: float, text: str, beside: str) -> None:
    """A box, and to its right what became of the cases that go no further."""
    if beside:
        _arrow(axes, (x, y), (0.5, y))
        # Its first line is beside the box; there may be many.
        _box(axes, 0.52, y + 0.045, beside, ha="left", va="top")
    _box(axes, x, y, text)


def _box(
    axes: Axes, x: float, y: float, text: str, *, ha: Any = "center", va: Any = "center"
) -> None:
    look = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "0.3"}
    axes.text(x, y, text, ha=ha, va=va, bbox=look, multialignment="left",
              parse_math=False, zorder=3)  # fmt: skip


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From the middle of a box, which covers its beginning."""
    look = {"arrowstyle": "-|>", "color": "0.3", "linewidth": 0.8}
    axes.annotate("", end, start, arrowprops=look, zorder=1)


METADATA = {
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}


def save(figure: Figure, folder: Path) -> None:
    """Write ``flow.pdf`` and ``flow.svg``, the same bytes for the same figure."""
    for kind, metadata in METADATA.items():
        with replacing(folder / f"flow.{kind}") as part, style():
            mpl.rcParams.update({"svg.hashsalt": "flow", "svg.fonttype": "none"})
            figure.savefig(part, format=kind, metadata=metadata)


def flow_csv(source: Source) -> str:
    """One row per case: what became of it, and why."""
    rows = [[case, name, ""] for name, cases in source.sets.items() for case in cases]
    rows += [[case, "in no set", ""] for case in source.value(SPLIT, "left_out") or ()]
    failed: dict[str, str] = source.value(PROVENANCE, "failed_cases") or {}
    rows += [[case, "not prepared", reason] for case, reason in failed.items()]
    return written(["case", "set", "reason"], rows)
