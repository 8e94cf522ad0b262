"""Findings that put the truth of masks in doubt, and with it every number that rests on them."""

from __future__ import annotations

from collections.abc import Container

from lungseg.data.cohort import Cohort

CODES = frozenset(
    {
        *("mask-score", "mask-empty", "mask-reference", "several-masks", "undated-masks"),
        *("sides-swapped", "one-lung", "lung-not-closed", "both-differs"),
        *("contour-outside", "contour-oblique", "contour-gap"),
    }
)
"""Findings on where a mask lies, whose it is, or whether it is whole."""
NAMED = 6
"""Cases named in one sentence."""


def doubtful_masks(cohort: Cohort, used: Container[str]) -> list[str]:
    """One sentence for each kind of finding that puts masks in doubt, errors first.

    Args:
        cohort: Prepared cases.
        used: Names of the cases that are trained on or evaluated.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for name, case in cohort.cases.items():
        for finding in case["audit"]["findings"] if name in used else ():
            severity, code = finding["severity"], finding["code"]
            if code in CODES and severity in ("error", "warning"):
                found.setdefault((severity, code), {}).setdefault(name, finding["text"])
    return [_sentence(code, texts) for (_, code), texts in sorted(found.items())]


def _sentence(code: str, texts: dict[str, str]) -> str:
    """Texts may differ in a number alone, so the first stands for all."""
    cases = list(texts)
    n = len(cases)
    named = ", ".join(cases[:NAMED]) + (f" and {n - NAMED} more" if n > NAMED else "")
    which = "The mask of 1 case is" if n == 1 else f"The masks of {n} cases are"
    first = "" if n == 1 else f"{cases[0]}: "
    return f"{which} in doubt ({code}): {named}. {first}{texts[cases[0]]}."
