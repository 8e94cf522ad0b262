"""Findings that tell a user to look at a result before trusting it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.anatomy import Anatomy
from lungseg.data.description import hu_percentiles
from lungseg.data.domain import domain_of_scan, unlike
from lungseg.data.typical import LUNG_QUANTITIES, LungQuantity, quantities_of
from lungseg.dicom.checks import check_values
from lungseg.dicom.hu import SAMPLED_SIDE, Seen
from lungseg.findings import Finding
from lungseg.inference.mirrored import orientation_of
from lungseg.runs.lineage import images_of
from lungseg.sources.scan import Scan

CUT_SHARE = 0.05
"""A lung touching the scan's edge over less than this share of its largest section is whole."""
LEAST_DSC = 0.95
"""Below this agreement, models or flips see different lungs."""
LITTLE_LUNG = 0.5
"""Below this share of the least expected volume of both lungs, a scan may show no chest."""
SPECK = 0.01
"""Below this share of it, what was found is no lung, and its volume needs no words of its own."""
AIR_HU = -900
"""The darkest voxels of a CT are air, at -1000 HU; noise spreads them to both sides."""
FACTOR = 2.0
"""From this ratio on, a distance is told as a factor, not in percent."""
MIRRORED = -0.1
"""At most this :func:`orientation_of` is clear: real and synthetic scans have 0.15 and more."""


def doubts(
    scan: Scan,
    labels: NDArray[np.uint8],
    anatomy: Anatomy,
    record: Mapping[str, Any],
    *,
    others: Sequence[Mapping[str, Any]] = (),
    disagreement: Mapping[str, float] | None = None,
) -> list[Finding]:
    """Everything about a scan and the lungs found in it that calls for a look.

    Args:
        scan: What the lungs were found in.
        labels: uint8 ``[z, y, x]`` on the volume's grid: 0 background, 1 the patient's right lung,
            2 the left.
        anatomy: Of these lungs (:func:`lungseg.data.anatomy.anatomy_of`).
        record: The checkpoint's, see :func:`lungseg.training.setup.record_of`. What an older
            version did not record is not compared.
        others: Records of the other models, where there are several. Of each, only kinds of
            findings count that no model before it gave rise to.
        disagreement: DSC between models or flips for ``right`` and ``left``, where there are
            several.

    Returns:
        Findings that are not among the scan's own. None of them is proof of an error, nor is their
        absence proof of a correct result.
    """
    percentiles = hu_percentiles(scan.volume.voxels)
    found = [
        *seen_before(scan, record),
        *_values(scan, percentiles),
        *_scan(scan, percentiles, record),
        *_missing(anatomy, record),
        *_outside(anatomy, record),
        *_cut(anatomy),
        *_disagreement(disagreement or {}),
    ]
    for other in others:
        known = {each.code for each in found}
        further = (
            *seen_before(scan, other),
            *_scan(scan, percentiles, other),
            *_missing(anatomy, other),
            *_outside(anatomy, other),
        )
        found += [each for each in further if each.code not in known]
    # What is no chest, or not in HU, shows no heart and liver either.
    if not {"implausible-hu", "little-lung"} & {each.code for each in (*found, *scan.findings)}:
        found += _mirrored(scan, labels)
    return found


def seen_before(scan: Scan, record: Mapping[str, Any]) -> Iterator[Finding]:
    """The very image was trained on, or chosen by; a test case is as good as a new one."""
    for set_name, what in (("train", "trained on"), ("val", "chosen by")):
        if scan.image_sha256 in images_of(record, set_name):
            text = (
                f"the model was {what} this very scan: the result shows nothing about other scans"
            )
            yield Finding(f"seen-in-{set_name}", "warning", text)


def _values(scan: Scan, percentiles: Mapping[str, int]) -> Iterator[Finding]:
    """Values that cannot be HU."""
    voxels = scan.volume.voxels
    rows, columns = (max(1, size // SAMPLED_SIDE) for size in voxels.shape[1:])
    implausible = check_values([Seen.of(voxels[:, ::rows, ::columns], padded=False)])
    known = {finding.code for finding in scan.findings}
    yield from (finding for finding in implausible if finding.code not in known)
    if not implausible and percentiles["0.5"] > AIR_HU:
        text = (
            f"the darkest 0.5 % of the voxels go up to {percentiles['0.5']} HU; air is -1000 HU:"
            " the values may be scaled"
        )
        yield Finding("no-air", "warning", text)


def _scan(
    scan: Scan, percentiles: Mapping[str, int], record: Mapping[str, Any]
) -> Iterator[Finding]:
    """Spacing, matrix, field of view or HU that no training case had."""
    volume = scan.volume
    here = domain_of_scan(volume.spacing, volume.voxels.shape, percentiles)
    text = unlike(record.get("domain") or {}, here)
    if text is not None:
        yield Finding("unlike-training", "warning", text[0].lower() + text[1:].rstrip("."))


def _missing(anatomy: Anatomy, record: Mapping[str, Any]) -> Iterator[Finding]:
    """A lung that was not found, or hardly any of both."""
    missing = [side for side, lung in anatomy.items() if not lung["volume_ml"]]
    if len(missing) == len(anatomy):
        text = "no lung was found: the scan shows no chest, or the model fails on it"
        yield Finding("no-lungs", "warning", text)
        return
    for side in missing:
        text = f"no {side} lung was found: it is missing in the patient, or was missed"
        yield Finding("missing-lung", "warning", text)
    least = _least_ml(anatomy, record)
    volume = _volume_ml(anatomy)
    if volume < LITTLE_LUNG * least:
        text = (
            f"{_figure(volume)} ml of lung were found, {least:.0f} ml is the least that is"
            " expected: the scan may show another part of the body"
        )
        yield Finding("little-lung", "warning", text)


def _least_ml(anatomy: Anatomy, record: Mapping[str, Any]) -> float:
    """The least volume of both lungs that is expected after the training cases."""
    expected = (record.get("anatomy") or {}).get("quantities", {})
    keys = [key for side in anatomy if (key := f"{side}_volume_ml") in expected]
    return float(sum(expected[key]["low"] for key in keys))


def _volume_ml(anatomy: Anatomy) -> float:
    return float(sum(lung["volume_ml"] for lung in anatomy.values()))


def _outside(anatomy: Anatomy, record: Mapping[str, Any]) -> Iterator[Finding]:
    """A quantity of the lungs outside the range expected after the training cases."""
    expected = (record.get("anatomy") or {}).get("quantities", {})
    speck = _volume_ml(anatomy) < SPECK * _least_ml(anatomy, record)
    for key, value in quantities_of(anatomy).items():
        if speck and LUNG_QUANTITIES[key].code == "lung-volume":
            continue  # "little-lung" says it
        if key in expected and not expected[key]["low"] <= value <= expected[key]["high"]:
            quantity = LUNG_QUANTITIES[key]
            yield Finding(quantity.code, "warning", _sentence(value, expected[key], quantity))


def _sentence(value: float, expected: Mapping[str, float], quantity: LungQuantity) -> str:
    low, high = expected["low"], expected["high"]
    end = low if value < low else high
    unit = quantity.unit
    if not quantity.log:
        # Of a share, a difference in percent could be meant as a ratio.
        far = f"{_figure(abs(value - end))}{' percentage points' if unit == ' %' else unit}"
    elif (ratio := max(value / end, end / value)) < FACTOR:
        far = f"{100 * (ratio - 1):.2g} %"
    else:
        far = f"a factor of {_figure(ratio)}"
    # Only HU can be negative, whatever the range is by its rule.
    least = low if unit == " HU" else max(low, 0.0)
    return (
        f"{quantity.name}: {_figure(value)}{unit}, outside the range expected from"
        f" {expected['n']} training case(s), {_figure(least)} to {_figure(high)}{unit}, by {far}"
    )


def _figure(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def _cut(anatomy: Anatomy) -> Iterator[Finding]:
    """A lung that goes on outside the scan."""
    places = {
        "bottom": "the first slice (toward the feet)",
        "top": "the last slice (toward the head)",
        "sides": "the outermost rows or columns",
    }
    for side, lung in anatomy.items():
        for place, where in places.items():
            share = lung["cut"][place]
            if share >= CUT_SHARE:
                text = (
                    f"the {side} lung touches {where} over {share:.0%} of its largest axial"
                    " section: part of it is outside the scan"
                )
                yield Finding("cut-lung", "warning", text)


def _mirrored(scan: Scan, labels: NDArray[np.uint8]) -> Iterator[Finding]:
    """Right and left exchanged, where heart and liver say so clearly."""
    orientation = orientation_of(scan.volume, labels)
    if orientation is not None and orientation <= MIRRORED:
        text = (
            "heart and liver seem to be on the wrong side: right and left of the scan may be"
            " exchanged, or the patient has a situs inversus, or fluid where the left lung was"
        )
        yield Finding("mirrored", "warning", text)


def _disagreement(scores: Mapping[str, float]) -> Iterator[Finding]:
    """Models, or flips of the scan, that see different lungs."""
    for side, dsc in scores.items():
        if dsc < LEAST_DSC:
            text = f"models or flips disagree on the {side} lung: DSC {dsc:.3f}, below {LEAST_DSC}"
            yield Finding("disagreement", "warning", text)
