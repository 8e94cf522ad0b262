"""Test results of a model by sex, scanner and slice spacing."""

from __future__ import annotations

from typing import Any

from lungseg.metrics.summary import summarize_cases
from lungseg.report.card_facts import Facts
from lungseg.report.numbers import shown

GROUP_COLUMNS = ("by", "group", "n", "DSC of the volume", "95 % interval", "HD95, mm",
                 "95 % interval")  # fmt: skip
LEAST = 2
"""Cases of a group that is shown: one case is no group, and a person."""
NUMBERS = ("volume_dsc_mean", "hd95_mm_mean")


def group_rows(facts: Facts) -> list[list[str]]:
    """A row for each group of at least two test cases, where cohort and evaluation are there."""
    if facts.run is None or facts.cohort is None:
        return []
    figures = facts.cohort.fingerprint()["cases"]
    table = facts.run.cases
    records = table[table["split"] == "test"].to_dict("records")
    rows = []
    for name in ("sex", "scanner", "slice spacing"):
        groups: dict[str, list[dict[str, Any]]] = {}
        for record in records:
            value = _value(figures.get(record["case"], {}), name)
            if value:
                groups.setdefault(value, []).append(record)
        for value, members in sorted(groups.items()):
            if len(members) >= LEAST:
                numbers = summarize_cases(members)
                cells = [shown(key, numbers[key]) for key in NUMBERS]
                texts = [text for cell in cells for text in (cell.value, cell.interval or "-")]
                rows.append([name, value, str(len(members)), *texts])
    return rows


def _value(case: dict[str, Any], name: str) -> str:
    """A case's group; empty where it is not known."""
    if name == "slice spacing":
        return f"{case['spacing_mm'][0]:.3g} mm" if "spacing_mm" in case else ""
    return str(case.get(name) or "")
