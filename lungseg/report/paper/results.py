"""Tables of results: the test set first, each number with its interval and n; and the cases."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from lungseg.report.numbers import SECTIONS, decimals
from lungseg.report.page_tables import CASE_COLUMNS
from lungseg.report.paper.methods_data import SETS
from lungseg.report.paper.source import CASES, SUMMARY, Source, plain
from lungseg.report.paper.study import Study
from lungseg.report.paper.tex import escaped, table
from lungseg.report.paper.words import several

SIDES = {"": "both", "right_": "right", "left_": "left"}
WRONG = (
    " Missed: lungs of which nothing was found; invented: masks of lungs that are not there; both"
    " count as the worst."
)
UNDEFINED = "-"
DASH = " A dash: undefined, and in no mean."
COLUMNS = ("run", "set", "key", "name", "value", "low", "high", "n", "n_missed", "n_invented")


def _cases(source: Source, set_name: str) -> str:
    n = source.value(SUMMARY, set_name, "n_cases")
    return f"{source.text(SUMMARY, set_name, 'n_cases')} {several(n, 'case')}"


def cells(source: Source, set_name: str, key: str) -> tuple[str, str, str]:
    """Value, interval and n of a number, noted; a value that is undefined is "-".

    The n says what it counts: an interval rests on cases, whatever that is.
    """
    number: Mapping[str, Any] = source.value(SUMMARY, set_name, key)
    form = f"{{:.{decimals(key)}f}}".format
    value = "-" if number["value"] is None else (
        source.text(SUMMARY, set_name, key, "value", form=form))  # fmt: skip
    ends = [source.text(SUMMARY, set_name, key, "ci95", str(end), form=form)
            for end in range(len(number.get("ci95", ())))]  # fmt: skip
    wrong = [f"{source.text(SUMMARY, set_name, key, f'n_{kind}')} {kind}"
             for kind in ("missed", "invented") if number.get(f"n_{kind}")]  # fmt: skip
    n = f"{source.text(SUMMARY, set_name, key, 'n')} {several(number['n'], counted(key))}"
    return value, " to ".join(ends), ", ".join([n, *wrong])


def counted(key: str) -> str:
    """What the n of a number counts."""
    title = next((title for title, names in SECTIONS.items() if key in names), "Cases")
    return {"Slices": "slice", "Pixels": "pixel"}.get(title.split()[0].rstrip(","), "case")


def results_tex(study: Study) -> str:
    """One table per run and set, the test set first."""
    tables = []
    for source, name in zip(study.sources, study.names, strict=True):
        for set_name in source.sets:
            if set_name not in source.run.summary:
                continue
            rows = list(_rows(source, set_name))
            wrong = any(kind in row[-1] for row in rows for kind in ("missed", "invented"))
            tables.append(
                table(
                    ["number", r"value", r"95\,\% interval", "n"],
                    rows,
                    escaped(
                        f"Results of {name} in the {SETS[set_name]} set"
                        f" ({_cases(source, set_name)}). n: the slices, pixels or cases that a"
                        " number was computed from. Intervals are by case and rest on the cases,"
                        f" whatever n counts.{WRONG * wrong} A slice"
                        " with neither reference nor prediction:"
                        f" {source.evaluated('empty_dsc')}."
                    ),
                    f"tab:results-{source.number}-{set_name}",
                    "lrrr",
                )
            )
    return "\n".join(tables)


def _rows(source: Source, set_name: str) -> Iterator[list[str]]:
    """A row per number, below a head per section."""
    for title, names in SECTIONS.items():
        there = [key for key in names if source.value(SUMMARY, set_name, key) is not None]
        if there:
            yield [rf"\multicolumn{{4}}{{l}}{{\textit{{{escaped(title)}}}}}"]
        for key in there:
            name = f"{names[key]}{_at_most(source, set_name, key)}"
            yield [rf"\quad {escaped(name)}", *map(escaped, cells(source, set_name, key))]


def _at_most(source: Source, set_name: str, key: str) -> str:
    """The highest mean DSC of all slices, of which those without lung have 0 by convention."""
    empty = source.value(SUMMARY, set_name, "share_empty", "value")
    if key != "dsc_mean" or not empty or source.evaluated("empty_dsc") != "zero":
        return ""
    path = (set_name, "share_empty", "value")
    most = source.note(f"{1 - empty:.4f}", 1 - empty, SUMMARY, f"1 - {'.'.join(path)}")
    return f" (at most {most})"


def _numbers(source: Source, set_name: str) -> Iterator[tuple[str, str]]:
    """Keys and names of all numbers that a set has."""
    for title, names in SECTIONS.items():
        side = title.partition("Cases, ")[2]
        for key, name in names.items():
            if source.value(SUMMARY, set_name, key) is not None:
                yield key, f"{name}, {side}" if side else name


def results_csv(study: Study) -> str:
    """All numbers of all runs and sets, unrounded."""
    rows = []
    for source in study.sources:
        for set_name in source.sets:
            for key, name in _numbers(source, set_name) if set_name in source.run.summary else ():
                number = source.value(SUMMARY, set_name, key)
                low, high = number.get("ci95", ("", ""))
                wrong = [number.get(f"n_{kind}", "") for kind in ("missed", "invented")]
                rows.append([source.number, set_name, key, name, number["value"], low, high,
                             number["n"], *wrong])  # fmt: skip
    return written(COLUMNS, rows)


def cases_tex(study: Study) -> str:
    """A table per run: each test case, with both lungs and each lung."""
    shown = {key: name for key, (name, _) in CASE_COLUMNS.items()}
    tables = []
    for source, name in zip(study.sources, study.names, strict=True):
        frame = source.run.cases
        rows = []
        for row in frame[frame["split"] == "test"].to_dict("records"):
            for side, word in SIDES.items():
                values = [escaped(_case(source, row, side + key, key)) for key in shown]
                rows.append([escaped(str(row["case"])) if not side else "", word, *values])
        dashed = any(UNDEFINED in row[2:] for row in rows)
        tables.append(
            table(
                ["case", "lung", *map(escaped, shown.values())],
                rows,
                escaped(
                    f"Test cases of {name}. Distances in mm, volumes of the reference and"
                    f" differences (predicted - reference) in ml.{DASH * dashed}"
                ),
                f"tab:cases-{source.number}",
                "ll" + "r" * len(shown),
            )
        )
    return "\n".join(tables)


def _case(source: Source, row: Mapping[str, Any], column: str, key: str) -> str:
    value = row.get(column)
    if value is None or pd.isna(value):
        return UNDEFINED
    shown = CASE_COLUMNS[key][1].format(value)
    return source.note(shown, plain(value), CASES, "test", str(row["case"]), column)


def cases_csv(study: Study) -> str:
    """The tables of cases of all runs, with all columns."""
    frames = [source.run.cases.assign(run=source.number) for source in study.sources]
    frame = pd.concat(frames, ignore_index=True)
    return str(frame[["run", *frames[0].columns.drop("run")]].to_csv(index=False))


def written(columns: Any, rows: Any) -> str:
    """A table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
