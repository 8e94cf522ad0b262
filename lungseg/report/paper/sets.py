"""The table of data: what the cases of each set are like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from lungseg.report.paper.methods_data import SETS
from lungseg.report.paper.results import cells, written
from lungseg.report.paper.source import NOT_RECORDED, SPLIT, SUMMARY, Source
from lungseg.report.paper.study import Study
from lungseg.report.paper.tex import escaped, paragraph_column, table

COHORT = "cohort"
"""Stands for a file: the fingerprint of the prepared cases."""
SPACING = {"slice spacing, mm": (0,), "pixel spacing, mm": (1, 2)}


def rows(study: Study) -> list[list[str]]:
    """One row per property, one column per set."""
    source = study.first
    sets = list(source.sets)
    table_rows = [
        ["cases", *(source.count(SPLIT, "sets", name) for name in sets)],
        ["slices", *(_number(source, name, "n_slices") for name in sets)],
        ["slices without lung", *(_number(source, name, "n_empty") for name in sets)],
    ]
    for key, title in (("share_empty", "share of slices without lung"),
                       ("positive_share", "share of lung in pixels")):  # fmt: skip
        table_rows.append([title, *(_share(source, name, key) for name in sets)])
    figures = [_figures(study, source.sets[name]) for name in sets]
    table_rows.append(["patients", *(_patients(study, source.sets[name]) for name in sets)])
    for title, axes in SPACING.items():
        table_rows.append([title, *(_range(study, cases, axes) for cases in figures)])
    for title in ("sex", "scanner"):
        table_rows.append([title, *(_tally(study, title, cases) for cases in figures)])
    return table_rows


def _number(source: Source, set_name: str, key: str) -> str:
    return source.text(SUMMARY, set_name, key)


def _share(source: Source, set_name: str, key: str) -> str:
    if source.value(SUMMARY, set_name, key) is None:
        return NOT_RECORDED
    value, interval, _ = cells(source, set_name, key)
    return f"{value} ({interval})" if interval else value


def _figures(study: Study, cases: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Fingerprints by case; none without the prepared cases."""
    if study.cohort is None:
        return {}
    figures = study.cohort.fingerprint()["cases"]
    return {name: figures[name] for name in cases if name in figures}


def _patients(study: Study, cases: Sequence[str]) -> str:
    if study.cohort is None:
        return NOT_RECORDED
    n = len({study.cohort.patients.get(name, name) for name in cases})
    return study.ledger.note(str(n), n, None, COHORT, "patients")


def _range(study: Study, cases: dict[str, dict[str, Any]], axes: tuple[int, ...]) -> str:
    """Lowest and highest spacing along some axes."""
    found = [
        (case["spacing_mm"][axis], f"cases.{name}.spacing_mm.{axis}")
        for name, case in cases.items()
        for axis in axes
    ]
    if not found:
        return NOT_RECORDED
    ends = [study.ledger.note(f"{mm:.3g}", mm, None, COHORT, key) for mm, key in
            (min(found), max(found))]  # fmt: skip
    return " to ".join(dict.fromkeys(ends))


def _tally(study: Study, key: str, cases: dict[str, dict[str, Any]]) -> str:
    """How often each value occurs, the most frequent first."""
    if not cases:
        return NOT_RECORDED
    values: Iterable[str] = (str(case.get(key) or "unknown") for case in cases.values())
    return ", ".join(
        f"{value}: {study.ledger.note(str(n), n, None, COHORT, f'count(cases.*.{key}={value})')}"
        for value, n in Counter(values).most_common()
    )


def data_tex(study: Study, content: Sequence[Sequence[str]]) -> str:
    """The table in LaTeX."""
    names = list(study.first.sets)
    where = "" if study.cohort is not None else (
        " The prepared cases were not there when this was written: what only they know is not"
        " recorded here (store=DIR says where they are).")  # fmt: skip
    cells_of = {row[0]: " ".join(row[1:]) for row in content}
    intervals = any("(" in text for name, text in cells_of.items() if name.startswith("share"))
    ranges = any(" to " in cells_of[title] for title in SPACING)
    caption = (
        f"Cases by set.{' Shares with 95 % intervals by case.' * intervals}"
        f"{' Spacings from the lowest to the highest.' * ranges}{where}"
    )
    width = 0.7 / max(2, len(names))
    return table(
        ["", *(escaped(SETS[name]) for name in names)],
        [[escaped(cell) for cell in row] for row in content],
        escaped(caption),
        "tab:data",
        "l" + paragraph_column(round(width, 2)) * len(names),
    )


def data_csv(study: Study, content: Sequence[Sequence[str]]) -> str:
    """The table as CSV."""
    return written(["property", *study.first.sets], content)
