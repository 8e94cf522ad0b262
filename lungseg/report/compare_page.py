"""``compare.html``: runs beside each other, in one file that opens with no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from lungseg.files import write_text
from lungseg.report import interactive
from lungseg.report.caveats import alarms, caveats, folds
from lungseg.report.compare_data import chart_data
from lungseg.report.compare_looks import is_number, looks_of
from lungseg.report.compare_rows import (
    pair_columns,
    pair_rows,
    run_columns,
    run_row,
    weights_of,
)
from lungseg.report.compare_tables import seeds, sets_shown
from lungseg.report.compared import Comparison, Group
from lungseg.report.pairs import MANY
from lungseg.report.render import render
from lungseg.runs.read import COMPLETED, Run


def write_compare_page(file: Path, comparison: Comparison) -> None:
    """Write the page in one step.

    Args:
        file: To write.
        comparison: To show.
    """
    looks, bar = looks_of(comparison)
    colours = [colour for colour, _ in looks]
    completed = [run for run in comparison.runs if run.state == COMPLETED]
    text = render(
        "compare.html",
        title=_title(comparison),
        subtitle=_subtitle(comparison, completed),
        differ=_differ(comparison),
        alarms=alarms(comparison),
        notes=caveats(comparison),
        set=comparison.set,
        sets=sets_shown(comparison),
        groups=[
            {"name": group.name, "text": _ground(group, comparison)} for group in comparison.groups
        ],
        columns=run_columns(comparison),
        rows=[run_row(comparison, run, colours) for run in completed],
        weights=weights_of(comparison),
        left_out=[run for run in comparison.runs if run.state != COMPLETED],
        sweep=bool(comparison.varied) and any(group.n_runs > 2 for group in comparison.groups),
        surface=_has_surface(comparison),
        how=_how(comparison),
        pair_columns=pair_columns(comparison),
        pairs=pair_rows(comparison),
        library=Markup(interactive.library()),
        found=Markup(
            interactive.script_json(chart_data(comparison, completed, looks) | {"bar": bar})
        ),
    )
    write_text(file, text)


def _title(comparison: Comparison) -> str:
    keys = [varied.name for varied in comparison.varied]
    if not keys:
        return "Repeats of one setting" if seeds(comparison) else "Runs that do not differ"
    more = f" and {len(keys) - 4} more" if len(keys) > 4 else ""
    return f"Comparison by {', '.join(keys[:4])}{more}"


def _subtitle(comparison: Comparison, completed: Sequence[Run]) -> str:
    n = len(comparison.settings)
    words = [f"{len(completed)} runs of {n} setting{'s' if n > 1 else ''}"]
    if len(comparison.groups) == 1:
        n_cases = len(comparison.groups[0].run.sets[comparison.set])
        words.append(f"{n_cases} {comparison.set} case{'s' if n_cases > 1 else ''}")
        words.append(f"cohort {(comparison.groups[0].run.cohort_sha256 or '')[:12]}")
    return "; ".join(words)


def _differ(comparison: Comparison) -> str:
    keys, drawn = [varied.name for varied in comparison.varied], seeds(comparison)
    text = f"The runs differ in {', '.join(keys)} only." if keys else ""
    if drawn and keys:
        text += " Runs that differ in nothing but the seed are repeats of one setting."
    elif drawn:
        text += "The runs differ in nothing but the seed: repeats of one setting."
    return text or "The runs do not differ in any setting."


def _ground(group: Group, comparison: Comparison) -> str:
    cases = group.run.sets[comparison.set]
    more = " …" if len(cases) > 4 else ""
    n = group.n_runs
    fold = f"fold {number}, " if (number := folds(comparison).get(group.name)) is not None else ""
    return f"{fold}{n} run{'s' if n > 1 else ''}, {comparison.set} {', '.join(cases[:4])}{more}"


def _has_surface(comparison: Comparison) -> bool:
    """Whether two numbers or more were varied."""
    axes = 0
    for varied in comparison.varied:
        values = [varied.of(setting.runs[0]) for setting in comparison.settings]
        axes += len({value for value in values if is_number(value)}) > 1
    return axes > 1 and len(comparison.settings) > 3


def _how(comparison: Comparison) -> str:
    better = "higher" if comparison.metric.higher_is_better else "lower"
    which = "all pairs"
    if any(len(group.settings) > MANY for group in comparison.groups):
        which = "each setting with one"
    n = len(comparison.pairs)
    return (
        f"{comparison.metric.name} of each {comparison.set} case ({better} is better), {which}:"
        " the mean difference (judged less the other) with its 95 % interval, p of the paired test,"
        f" and p after Holm's correction for all {n} pair{'s' if n != 1 else ''}. “Cannot be told”"
        " does not mean that both are equal: the interval says how different they may be."
    )
