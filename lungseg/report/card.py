"""The contents of a model card: sections of sentences, tables and code, for any format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lungseg.report import card_words as words
from lungseg.report.card_facts import Facts
from lungseg.report.card_groups import group_rows
from lungseg.report.network_input_words import channels, seen
from lungseg.report.numbers import shown
from lungseg.report.subgroup_rows import CAUTION, COLUMNS


@dataclass(frozen=True)
class Table:
    """Header and rows; text in all cells. Without names of columns, pairs of a name and a value."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Code:
    """Lines to copy."""

    language: str
    text: str


Part = str | Table | Code
"""A string is a paragraph."""


@dataclass(frozen=True)
class Card:
    """A model card.

    Attributes:
        title: Of the page.
        warnings: What a reader has to know before anything else.
        sections: Title and parts of each.
    """

    title: str
    warnings: Sequence[str]
    sections: Sequence[tuple[str, Sequence[Part]]]


TESTED = {
    "volume_dsc_mean": "DSC of the volume",
    "hd95_mm_mean": "HD95, mm",
    "msd_mm_mean": "mean surface distance, mm",
    "surface_dice_2mm_mean": "surface Dice at 2 mm",
}
SIDES = {"": "both lungs", "right_": "right lung", "left_": "left lung"}
SLICES = {
    "dsc_mean_nonempty": "mean DSC of slices with lung",
    "recall": "recall, pooled pixels",
    "precision": "precision, pooled pixels",
}
FEW = 10


def model_card(facts: Facts) -> Card:
    """The card of a model file; it names no case, patient or place."""
    return Card(
        title=f"Model card: {facts.metadata['name']} for lungs in CT",
        warnings=_warnings(facts),
        sections=[
            ("Intended use", words.USE),
            ("Model", [_model(facts)]),
            ("Trained on", _trained(facts)),
            ("Tested", _tested(facts)),
            ("By group", _groups(facts)),
            ("Limits", _limits(facts.metadata)),
            ("Conventions", words.CONVENTIONS),
            ("How to use it", _how_to(facts.metadata)),
            ("Licence", [words.LICENCE]),
        ],
    )


def _warnings(facts: Facts) -> list[str]:
    warnings = [words.NO_DEVICE]
    if facts.synthetic:
        warnings.append(words.SYNTHETIC)
    if facts.run is not None and facts.run.config.get("allow_test_selection"):
        warnings.append(words.TEST_SELECTION)
    if facts.test is None:
        warnings.append(words.NOT_TESTED)
    elif (n := facts.test["n_cases"]) < FEW:
        warnings.append(
            f"Tested on {n} case{'s' if n != 1 else ''}: too few to tell how the model does on"
            " patients in general."
        )
    return warnings


def _model(facts: Facts) -> Table:
    about = facts.metadata
    noted = None if facts.run is None else facts.run.precision
    trained_in = noted or about.get("trained_precision", "unknown")
    rows = {
        "SHA-256": facts.sha256,
        "precision": f"{about['precision']}, trained in {trained_in}",
        "network": f"{about['name']}, {facts.n_parameters:,} parameters",
        "sees": seen(about.get("input", {})),
        "channels": f"{channels(about.get('input', {}))}",
        "window": _intensity(about["intensity"]),
        "threshold": f"{about['threshold']:g}",
        "post-processing": _postprocess(about.get("postprocess")),
        "sizes": f"any; padded inside to multiples of {about['size_multiple']}",
        "lungseg": about["lungseg"],
        "SHA-256 of the checkpoint": about["checkpoint_sha256"],
        "SHA-256 of the cohort": about["cohort_sha256"],
    }
    if facts.test is not None:  # an evaluation may have been made with another
        rows["post-processing in the test"] = facts.test.get("postprocess") or "none"
    return Table(("", ""), list(rows.items()))


def _intensity(about: Mapping[str, Any]) -> str:
    if "lower" in about:
        ranges = [(about["lower"], about["upper"])]
    else:
        knots = about.get("knots")
        ranges = [(knots[0][0], knots[-1][0])] if knots else about.get("windows", [])
    shown = ", ".join(f"{lower:g} to {upper:g} HU" for lower, upper in ranges)
    return shown if about["name"] in ("Window", "Windows") else f"{about['name']}: {shown}"


def _postprocess(chosen: Mapping[str, Any] | None) -> str:
    return "none" if not chosen else str(chosen.get("_target_", "")).rpartition(".")[2]


def _trained(facts: Facts) -> list[Part]:
    cases = facts.cases("train")
    if not cases:
        return [words.NO_COHORT, _ranges(facts.metadata["domain"])]
    slices = sum(case["n_slices"] for case in cases)
    empty = sum(case["n_empty"] for case in cases)
    rows = [
        ["cases", f"{len(cases)}"],
        ["slices", f"{slices:,}"],
        ["slices without lung", f"{empty:,}"],
        ["sex", tally(case.get("sex") or "unknown" for case in cases)],
        ["scanner", tally(case.get("scanner") or "unknown" for case in cases)],
    ]
    table = Table(("", ""), rows)
    return [*([words.SYNTHETIC] if facts.synthetic else []), table,
            _ranges(facts.metadata["domain"])]  # fmt: skip


RANGES = {
    "pixel_mm": ("pixel spacing, mm", "{:.3g}"),
    "slice_mm": ("slice spacing, mm", "{:.3g}"),
    "size": ("matrix size, pixels", "{:.0f}"),
    "hu_5": ("5th percentile, HU", "{:.0f}"),
    "hu_95": ("95th percentile, HU", "{:.0f}"),
}


def _ranges(domain: Mapping[str, Sequence[float]]) -> Table:
    rows = [
        [name, form.format(domain[key][0]), form.format(domain[key][1])]
        for key, (name, form) in RANGES.items()
        if key in domain
    ]
    return Table(("training cases", "lowest", "highest"), rows)


def _limits(about: Mapping[str, Any]) -> list[Part]:
    context = about.get("input", {}).get("context")
    elsewhere = [words.ELSEWHERE] if about["domain"] else []
    return [words.NEIGHBOURS if context else words.ALONE, *words.LIMITS, *elsewhere]


def _how_to(about: Mapping[str, Any]) -> Sequence[Part]:
    return words.how_to(about["threshold"], channels(about.get("input", {})), Code)


def _tested(facts: Facts) -> list[Part]:
    test = facts.test
    if test is None or facts.run is None:
        return [words.NOT_TESTED]
    rows = [
        [name, side, *_cells(prefix + key, test)]
        for prefix, side in SIDES.items()
        for key, name in TESTED.items()
    ]
    rows += [[name, "slices", *_cells(key, test)] for key, name in SLICES.items()]
    n = test["n_cases"]
    missed = sum(test[f"{side}_volume_dsc_mean"].get("n_missed", 0) for side in ("right", "left"))
    parts: list[Part] = [
        f"{n} test case{'s' if n != 1 else ''}, {test['n_slices']:,} slices, none of them in the"
        f" training; threshold {facts.run.threshold:g}. Missed lungs: {missed}; a missed lung"
        " counts with the worst value.",
        Table(("number", "of", "mean", "95 % interval", "n"), rows),
    ]
    if facts.metadata["precision"] == "int8":
        parts.append(words.INT8)
    return parts


def _cells(key: str, test: Mapping[str, Any]) -> list[str]:
    cell = shown(key, test[key])
    return [cell.value, cell.interval or "-", cell.n]


def _groups(facts: Facts) -> list[Part]:
    rows = group_rows(facts)
    return [words.GROUPS, CAUTION, Table(COLUMNS, rows)] if rows else [words.NO_GROUPS]


def tally(values: Iterable[str]) -> str:
    """How often each value occurs, the most frequent first."""
    return ", ".join(f"{value}: {n}" for value, n in Counter(values).most_common())
