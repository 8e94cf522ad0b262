"""Why no training can start, or mean anything, on a cohort, and which setting helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lungseg.data.cohort import Cohort

NAMED = 6
"""Cases named in one line."""


def obstacles(cohort: Cohort) -> list[str]:
    """Reasons in sentences; none for a cohort that the default settings can train on.

    Args:
        cohort: With at least one case; what could not be prepared is reported elsewhere.
    """
    if not cohort.cases:
        return []
    return [*_too_few(cohort), *_no_lung(cohort), *_twins(cohort)]


def _too_few(cohort: Cohort) -> list[str]:
    names = cohort.names
    if len({cohort.patients.get(name, name) for name in names}) > 1:
        return []
    why = "a training needs two patients, one of them for testing"
    if len(names) == 1:
        return [f"Not enough to train on: 1 case; {why}."]
    return [
        f"Not enough to train on: all {len(names)} cases are of one patient; {why}. If these are"
        " different patients with one PatientID: data.patients=case."
    ]


def _no_lung(cohort: Cohort) -> list[str]:
    # Without masks, whatever is shown says so already.
    if cohort.maskless or cohort.share("n_positive", "n_voxels"):
        return []
    return [
        "Nothing to train on: no mask contains lung. Which values or structures are lungs is set by"
        " data.labels or data.lungs, where the source has them."
    ]


def _twins(cohort: Cohort) -> list[str]:
    """Different patients with one image: refused wherever a split puts them in two sets."""
    first: dict[str, str] = {}
    pairs = []
    for name, digest in cohort.image_sha256.items():
        twin = first.setdefault(digest, name)
        labels = {cohort.patients.get(one, one) for one in (twin, name)}
        if len(labels) > 1:
            pairs.append(f"{twin} and {name}")
    if not pairs:
        return []
    return [
        f"The same image under two names: {_named(pairs)}. Training refuses a split that parts"
        " them; remove one, or name the sets: split=explicit 'split.test=[CASE]'."
    ]


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"
