"""How a second reader is shown beside a model."""

from __future__ import annotations

from typing import Any

from lungseg.report.numbers import SECTIONS, Shown, shown

KEYS = (
    "dsc_mean_nonempty",
    "recall",
    "precision",
    "volume_dsc_mean",
    "hd95_mm_mean",
    "msd_mm_mean",
    "surface_dice_2mm_mean",
    "right_volume_dsc_mean",
    "left_volume_dsc_mean",
)
"""Of the numbers that need no probabilities, those that readers are compared by."""
SIDES = {"right_": "right lung: ", "left_": "left lung: "}


def rows(beside: dict[str, Any]) -> list[tuple[str, Shown, Shown]]:
    """Name of each number, and both values of it.

    Args:
        beside: ``second_reader`` of ``summary.json``.
    """
    names = {key: name for section in SECTIONS.values() for key, name in section.items()}
    made = []
    for key in KEYS:
        side = next((word for start, word in SIDES.items() if key.startswith(start)), "")
        reader, model = (_cell(key, beside[who]) for who in ("reader", "model"))
        made.append((side + names[key], reader, model))
    return made


def _cell(key: str, numbers: dict[str, Any]) -> Shown:
    return shown(key, numbers.get(key, {"value": None, "n": 0}))


def in_one_line(beside: dict[str, Any]) -> str:
    """The headline, for the screen.

    Example:
        >>> dsc = {"volume_dsc_mean": {"value": 0.97, "n": 1}}
        >>> in_one_line({"cases": ["Case_1"], "reader": dsc, "model": dsc})
        'second reader, on 1 test case: DSC of the volume 0.9700, the model 0.9700'
    """
    n, key = len(beside["cases"]), "volume_dsc_mean"
    reader, model = (_cell(key, beside[who]).value for who in ("reader", "model"))
    cases = "1 test case" if n == 1 else f"{n} test cases"
    return f"second reader, on {cases}: DSC of the volume {reader}, the model {model}"
