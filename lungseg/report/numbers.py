"""Numbers that are shown on the screen and on the page, with their names, in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

SECTIONS: dict[str, dict[str, str]] = {
    "Slices": {
        "accuracy_mean": "mean accuracy",
        "accuracy_min": "lowest accuracy",
        "dsc_mean_nonempty": "mean DSC, non-empty slices",
        "dsc_mean": "mean DSC, all slices",
        "share_excellent": "share called excellent",
        "share_dsc_high": "share with DSC above 0.975",
        "share_dsc_intermediate": "share with DSC in (0.8, 0.975]",
        "share_dsc_low": "share non-empty with DSC up to 0.8",
        "share_empty": "share with empty reference",
    },
    "Slices with empty reference": {
        "empty_accuracy_perfect": "share with accuracy 1",
        "empty_accuracy_intermediate": "share with accuracy in [0.999, 1)",
        "empty_accuracy_low": "share with accuracy below 0.999",
    },
    "Pixels, pooled": {
        "recall": "recall",
        "specificity": "specificity",
        "precision": "precision",
        "pr_auc": "area under the PR curve",
        "roc_auc": "area under the ROC curve",
        "dsc_best_threshold": "DSC at best threshold, NOT selected",
        "brier": "Brier score",
        "ece": "expected calibration error",
        "positive_share": "share of lung",
    },
} | {
    title: {
        f"{side}volume_dsc_mean": "DSC of the volume",
        f"{side}hd95_mm_mean": "HD95, mm",
        f"{side}hd95_lctsc_mm_mean": "HD95 as in LCTSC, mm",
        f"{side}msd_mm_mean": "mean surface distance, mm",
        f"{side}surface_dice_2mm_mean": "surface Dice at 2 mm",
        f"{side}volume_difference_ml_mean": "volume difference, ml",
        f"{side}volume_difference_percent_mean": "volume difference, %",
    }
    for title, side in {
        "Cases, both lungs": "",
        "Cases, right lung": "right_",
        "Cases, left lung": "left_",
    }.items()
}
"""Names by key of ``summary.json``."""
EVALUATED = (
    *(key for names in SECTIONS.values() for key in names),
    *(
        f"{key.removesuffix('mean')}median"
        for title, names in SECTIONS.items()
        if title.startswith("Cases")
        for key in names
    ),
)
"""Keys of all numbers of ``summary.json`` that a set has a value of: those, and medians."""

_NEITHER = re.compile(r"share_(dsc_intermediate|empty)|empty_accuracy_intermediate|positive_share|"
                      r"\w*volume_difference_\w+")  # fmt: skip
_LOW = re.compile(r"brier|ece|share_dsc_low|empty_accuracy_low|\w+_mm_(mean|median)")

_DECIMALS = {"_mm": 2, "_ml": 1, "_percent": 2}

TILES = (
    "dsc_mean_nonempty",
    "accuracy_mean",
    "recall",
    "specificity",
    "precision",
    "pr_auc",
    "hd95_mm_mean",
    "share_excellent",
)
"""Keys of the numbers at the top of a page, in this order."""


@dataclass(frozen=True)
class Shown:
    """A number as text.

    Attributes:
        value: The number, or "-" if it is undefined.
        interval: 95 % interval, or the location of an extreme, or "".
        n: The denominator, and how many structures in it were missed or invented.
    """

    value: str
    interval: str
    n: str


def shown(key: str, number: dict[str, Any]) -> Shown:
    """Format a number of ``summary.json``, with decimals that suit its unit."""
    places = decimals(key)
    value = "-" if number["value"] is None else f"{number['value']:.{places}f}"
    ends = number.get("ci95", [])
    interval = f"{ends[0]:.{places}f} to {ends[1]:.{places}f}" if ends else ""
    # An extreme has no interval, but a location.
    if "case" in number:
        interval = f"{number['case']}, slice {number['z']}"
    if "threshold" in number:
        interval = f"at {number['threshold']:.3f}"
    wrong = [f"{k} {kind}" for kind in ("missed", "invented") if (k := number.get(f"n_{kind}"))]
    return Shown(value, interval, ", ".join([f"{number['n']:,}", *wrong]))


def better(key: str) -> str | None:
    """``min`` or ``max``, whichever is better of a number; None where neither is.

    A volume difference has a sign, and some shares describe the data.

    >>> better("pr_auc"), better("left_hd95_mm_mean"), better("volume_difference_ml_mean")
    ('max', 'min', None)
    """
    if _NEITHER.fullmatch(key):
        return None
    return "min" if _LOW.fullmatch(key) else "max"


def decimals(key: str) -> int:
    """Digits after the decimal point that suit a number's unit."""
    unit = re.sub("_(mean|median)$", "", key)
    return next((n for ending, n in _DECIMALS.items() if unit.endswith(ending)), 4)
