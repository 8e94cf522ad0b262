"""The table of settings: all that shape the weights or the numbers of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lungseg.config import canonical, flatten
from lungseg.report.paper.folds import unused, validated
from lungseg.report.paper.results import written
from lungseg.report.paper.source import Source, plain
from lungseg.report.paper.study import Study
from lungseg.report.paper.tex import code, escaped, paragraph_column, table
from lungseg.runs.provenance import PROVENANCE
from lungseg.runs.settings import concerns_result

MONITOR = ("callbacks.checkpoint.monitor", "callbacks.checkpoint.mode")
"""Without a validation set there is nothing to monitor, and the last epoch is kept."""
Row = tuple[str, list[str], bool]


def rows(study: Study) -> list[Row]:
    """Key, a value per run, and whether the values differ; what differs comes first."""
    flat = [flatten(source.config()) for source in study.sources]
    hidden = [f"split.{key}" for key in unused(study.first)]
    if not validated(study.first):
        hidden += MONITOR
    keys = [key for key in dict.fromkeys(key for one in flat for key in one)
            if concerns_result(key) and key not in hidden]  # fmt: skip
    found = []
    for key in keys:
        values = [_shown(source, key, settings) for source, settings in
                  zip(study.sources, flat, strict=True)]  # fmt: skip
        differs = len({canonical(settings.get(key)) for settings in flat}) > 1
        found.append((key, values, differs))
    return sorted(found, key=lambda row: not row[2])


def _shown(source: Source, key: str, settings: dict[str, Any]) -> str:
    if key not in settings:
        return "-"
    value = settings[key]
    if value in (None, {}):
        return "none"
    return source.note(plain(value), value, PROVENANCE, "config", key)


def settings_tex(study: Study, content: Sequence[Row]) -> str:
    """Two tables: in what runs differ, where they do; and all settings of the first run."""
    tables = []
    first = study.called[0]
    differing = [row for row in content if row[2]]
    if differing:
        numbers = list(study.called)
        tables.append(
            table(
                ["setting", *numbers],
                [[code(key), *map(escaped, values)] for key, values, _ in differing],
                "Settings in which the runs differ.",
                "tab:differences",
                paragraph_column(0.35)
                + paragraph_column(round(0.55 / len(numbers), 2)) * len(numbers),
            )
        )
    tables.append(
        table(
            ["setting", first.removeprefix("the ")],
            [[code(key), escaped(values[0])] for key, values, _ in content],
            f"Settings of {first} that shape its weights or its numbers, as in "
            + code("provenance.json") + ".",
            "tab:settings",
            paragraph_column(0.5) + paragraph_column(0.42),
        )
    )  # fmt: skip
    return "\n".join(tables)


def settings_csv(study: Study, content: Sequence[Row]) -> str:
    """All settings of all runs."""
    columns = ["setting", *(name.removeprefix("the ") for name in study.called)]
    return written(columns, [[key, *values] for key, values, _ in content])
