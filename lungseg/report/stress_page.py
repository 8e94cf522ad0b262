"""``stress.html``: a page on one stress test."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lungseg.evaluation.stress.choice import CORRUPTIONS
from lungseg.evaluation.stress.run import Level
from lungseg.files import write_text
from lungseg.report.card_words import TEST_SELECTION
from lungseg.report.few_cases import few_cases
from lungseg.report.numbers import shown
from lungseg.report.render import render
from lungseg.report.stress_curves import stress_curve
from lungseg.report.style import style

COLUMNS = ("strength", "DSC of the volume", "95 % interval", "difference", "95 % interval",
           "HD95, mm", "95 % interval", "difference", "95 % interval", "n")  # fmt: skip
SHOWN = ("volume_dsc_mean", "hd95_mm_mean")


def write_stress_page(
    file: Path, content: Mapping[str, Any], levels: Sequence[Level], subtitle: str
) -> None:
    """Write the page atomically.

    Args:
        file: File to write.
        content: As in ``stress.json``.
        levels: Give the pictures.
        subtitle: One line: weights, cases, conventions.
    """
    synthetic = content["synthetic"]
    sections = []
    for name, of_one in content["corruptions"].items():
        unit = of_one["unit"]
        pictures = [
            {"image": level.picture, "text": f"{level.strength:g} {unit}"}
            for level in levels
            if level.corruption == name
        ]
        sections.append(
            {
                "name": name,
                "words": CORRUPTIONS[name].words,
                "curve": _data(stress_curve(name, of_one, synthetic=synthetic)),
                "rows": [level_row(level, unit) for level in of_one["levels"]],
                "pictures": pictures,
            }
        )
    n = next(iter(content["corruptions"].values()))["levels"][0]["n_cases"]
    notes = ["Synthetic data: these numbers say nothing about patients."] if synthetic else []
    page = render(
        "stress.html",
        title="Stress test",
        subtitle=subtitle,
        alarms=[TEST_SELECTION] if content["allow_test_selection"] else [],
        notes=[*notes, *few_cases(n)],
        columns=COLUMNS,
        sections=sections,
    )
    write_text(file, page)


def level_row(level: Mapping[str, Any], unit: str) -> list[str]:
    """Cells of one strength, below `COLUMNS`; differences have a sign."""
    cells = []
    for key in SHOWN:
        cell = shown(key, level[key])
        cells += [cell.value, cell.interval or "-", *_change(key, level)]
    n = shown(SHOWN[0], level[SHOWN[0]]).n
    refused = f", {level['n_refused']} without a patient" if level["n_refused"] else ""
    return [f"{level['strength']:g} {unit}", *cells, n + refused]


def _change(key: str, level: Mapping[str, Any]) -> list[str]:
    """A difference, with its sign, and its interval."""
    if "difference" not in level:  # the scans as they are
        return ["", ""]
    number = level["difference"][key]
    change = shown(key, number)
    if change.value == "-":
        return ["-", "-"]
    plain = change.value.removeprefix("-")
    sign = "" if float(plain) == 0 else "+" if number["value"] > 0 else "-"
    return [sign + plain, change.interval or "-"]


def _data(figure: Figure) -> str:
    """A figure as a ``data:`` URL."""
    content = io.BytesIO()
    with style():
        figure.savefig(content, format="png", dpi=150)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
