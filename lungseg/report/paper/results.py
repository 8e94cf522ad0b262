"""Results: the test set first, each number with its interval and n, and the table of cases."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from lungseg.report.few_cases import few_cases
from lungseg.report.numbers import SECTIONS, decimals
from lungseg.report.page_tables import CASE_COLUMNS
from lungseg.report.paper.methods_data import SETS, SYNTHETIC
from lungseg.report.paper.methods_training import LEAK
from lungseg.report.paper.prose import Bold, Piece
from lungseg.report.paper.source import CASES, NOT_RECORDED, SUMMARY, Source, plain
from lungseg.report.paper.study import Study
from lungseg.report.paper.tex import escaped, table
from lungseg.report.paper.words import several
from lungseg.runs.provenance import PROVENANCE

HEADLINE = {
    "volume_dsc_mean": "mean DSC of the volume",
    "hd95_mm_mean": "mean HD95",
    "dsc_mean_nonempty": "mean DSC of slices with lung",
}
SIDES = {"": "both", "right_": "right", "left_": "left"}
COLUMNS = ("run", "set", "key", "name", "value", "low", "high", "n", "n_missed", "n_invented")


def alarms(study: Study) -> list[str]:
    """What a reader has to know before any number."""
    found = []
    if any(source.config("allow_test_selection") for source in study.sources):
        found.append(LEAK)
    if any(source.run.synthetic for source in study.sources):
        found.append(SYNTHETIC)
    for source in study.sources:
        name = study.called[source.number - 1]
        where = f"{name[0].upper()}{name[1:]}: " if len(study.sources) > 1 else ""
        found += [where + warning for warning in _recorded(source)]
    return [*found, *few_cases(study.first.value(SUMMARY, "test", "n_cases"))]


def _recorded(source: Source) -> list[str]:
    """What the evaluation of a run, or its pooling, warned of."""
    missing = (source.pool or {}).get("missing") or ()
    lines = [source.text(PROVENANCE, "pool", "missing", str(k)) for k in range(len(missing))]
    warnings = source.evaluated("warnings")
    if warnings is not None:
        at = ("evaluation", "warnings")
        return lines + [source.text(PROVENANCE, *at, str(k)) for k in range(len(warnings))]
    # Older versions did not record them; what they said first can be told from the settings.
    if source.config("metrics", "threshold") == source.run.threshold:
        return lines
    used = source.text(PROVENANCE, "evaluation", "threshold")
    return [
        *lines,
        f"The threshold was set to {used} after training, which had"
        f" {source.setting('metrics', 'threshold')}. If it was chosen by these test cases, their"
        " numbers are no evidence.",
    ]


def summary(study: Study) -> list[Piece]:
    """The headline numbers of each run in sentences, after all warnings."""
    pieces: list[Piece] = [piece for alarm in alarms(study) for piece in (Bold(alarm), " ")]
    for source, name in zip(study.sources, study.names, strict=True):
        n_cases = source.value(SUMMARY, "test", "n_cases")
        numbers = [f"the {words} was {sentence(source, key)}" for key, words in HEADLINE.items()]
        missed = [f"{source.text(SUMMARY, 'test', f'{side}volume_dsc_mean', 'n_missed')} {word}"
                  for side, word in SIDES.items() if side]  # fmt: skip
        pieces += [
            f"On {source.text(SUMMARY, 'test', 'n_cases')} test {several(n_cases, 'case')}"
            f" ({source.text(SUMMARY, 'test', 'n_slices')} slices,"
            f" {source.text(SUMMARY, 'test', 'n_empty')} of them without lung), {name}:"
            f" {'; '.join(numbers)}. Lungs that were missed: {', '.join(missed)}. "
        ]
    return pieces


def sentence(source: Source, key: str) -> str:
    """A number of the test set with its unit, its interval and its n."""
    if source.value(SUMMARY, "test", key) is None:
        return NOT_RECORDED
    value, interval, n = cells(source, "test", key)
    within = f"95 % interval {interval}, " if interval else ""
    unit = " mm" if "_mm" in key else ""
    return f"{value}{unit} ({within}n = {n})"


def _cases(source: Source, set_name: str) -> str:
    n = source.value(SUMMARY, set_name, "n_cases")
    return f"{source.text(SUMMARY, set_name, 'n_cases')} {several(n, 'case')}"


def cells(source: Source, set_name: str, key: str) -> tuple[str, str, str]:
    """Value, interval and n of a number, noted; a value that is undefined is "-"."""
    number: Mapping[str, Any] = source.value(SUMMARY, set_name, key)
    form = f"{{:.{decimals(key)}f}}".format
    value = "-" if number["value"] is None else (
        source.text(SUMMARY, set_name, key, "value", form=form))  # fmt: skip
    ends = [source.text(SUMMARY, set_name, key, "ci95", str(end), form=form)
            for end in range(len(number.get("ci95", ())))]  # fmt: skip
    wrong = [f"{source.text(SUMMARY, set_name, key, f'n_{kind}')} {kind}"
             for kind in ("missed", "invented") if number.get(f"n_{kind}")]  # fmt: skip
    n = source.text(SUMMARY, set_name, key, "n")
    return value, " to ".join(ends), ", ".join([n, *wrong])


def results_tex(study: Study) -> str:
    """One table per run and set, the test set first."""
    tables = []
    for source, name in zip(study.sources, study.names, strict=True):
        for set_name in source.sets:
            if set_name not in source.run.summary:
                continue
            rows = list(_rows(source, set_name))
            tables.append(
                table(
                    ["number", r"value", r"95\,\% interval", "n"],
                    rows,
                    escaped(
                        f"Results of {name} in the {SETS[set_name]} set"
                        f" ({_cases(source, set_name)}). Intervals are by"
                        " case. n: slices, pixels or cases in the denominator; missed: lungs of"
                        " which nothing was found, which count as the worst. A slice with neither"
                        f" reference nor prediction: {source.evaluated('empty_dsc')}."
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
            yield [rf"\quad {escaped(names[key])}", *map(escaped, cells(source, set_name, key))]


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
        tables.append(
            table(
                ["case", "lung", *map(escaped, shown.values())],
                rows,
                escaped(
                    f"Test cases of {name}. Distances in mm, volumes of the reference and"
                    " differences (predicted - reference) in ml. A dash: undefined, and in no mean."
                ),
                f"tab:cases-{source.number}",
                "ll" + "r" * len(shown),
            )
        )
    return "\n".join(tables)


def _case(source: Source, row: Mapping[str, Any], column: str, key: str) -> str:
    value = row.get(column)
    if value is None or pd.isna(value):
        return "-"
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
