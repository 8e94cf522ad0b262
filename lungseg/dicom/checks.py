"""Findings on a series that could be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lungseg.dicom.hu import AIR_HU, Seen
from lungseg.dicom.slices import SliceHeader
from lungseg.findings import Finding

# A chest CT has at least this share of air and lung, and of soft tissue. See `check_values`.
MIN_SHARE = 0.01
SAME_DIRECTION = 1e-3
SAME_SPACING = 1e-3


def check_alike(headers: Sequence[SliceHeader]) -> None:
    """Refuse slices that differ in orientation or pixel spacing.

    Raises:
        ValueError: Naming which of the two differs, with its values.
    """
    first = headers[0]
    for name, values, tolerance in (
        ("pixel spacing", np.array([header.pixel_spacing for header in headers]), SAME_SPACING),
        ("orientation", np.array([header.orientation for header in headers]), SAME_DIRECTION),
    ):
        off = np.abs(values - values[0]).reshape(len(headers), -1).max(axis=1)
        scale = first.pixel_spacing[0] if name == "pixel spacing" else 1.0
        if off.max() > tolerance * scale:
            a, b = (values[k].ravel().round(4).tolist() for k in (0, int(off.argmax())))
            raise ValueError(f"slices differ in {name}: {a} and {b}")


def check_slices(headers: Sequence[SliceHeader]) -> list[Finding]:
    """Findings on numbers, units and direction of slices in order."""
    findings = []
    known = [header.instance for header in headers if header.instance is not None]
    if known and known == sorted(known, reverse=True):
        text = "InstanceNumber runs against the slices' positions"
        findings.append(Finding("instance-number", "info", text))
    elif known and known != sorted(known):
        text = "InstanceNumber does not follow the slices' positions"
        findings.append(Finding("instance-number", "warning", text))
    if len({(header.slope, header.intercept) for header in headers}) > 1:
        text = "slices differ in RescaleSlope or RescaleIntercept; each is rescaled with its own"
        findings.append(Finding("mixed-rescale", "warning", text))
    without = sum(not header.rescaled for header in headers)
    if without:
        text = (
            f"{without} slice(s) without RescaleSlope and RescaleIntercept: values used as they"
            " are, which may not be HU"
        )
        findings.append(Finding("no-rescale", "error", text))
    other = sum(header.units not in ("", "HU") for header in headers)
    if other:
        text = f"{other} slice(s) whose RescaleType is not HU"
        findings.append(Finding("not-hu", "error", text))
    normal = np.cross(*headers[0].orientation)
    if abs(normal[2]) < 0.9:
        text = "slices are not axial; axes reordered, nothing resampled"
        findings.append(Finding("not-axial", "warning", text))
    return findings


def check_values(seen: Sequence[Seen]) -> list[Finding]:
    """Findings on the voxels: padding, and whether they can be HU.

    Of the voxels that are not padding, at least 1 % must be in [-1024, -700] HU, the range of air
    and lung, and at least 1 % in [-150, 150] HU, the range of fat, water and muscle. A missing or
    doubled rescale, or another unit, empties one of the two ranges; they are wide enough for any
    inflation of the lungs and any contrast agent.
    """
    findings = []
    if any(sample.padded for sample in seen):
        text = f"padding and values below {AIR_HU} HU set to {AIR_HU}"
        findings.append(Finding("padding", "info", text))
    measured = max(1, sum(sample.measured for sample in seen))
    air = sum(sample.air for sample in seen) / measured
    tissue = sum(sample.tissue for sample in seen) / measured
    if min(air, tissue) < MIN_SHARE:
        text = (
            f"values can hardly be HU: {air:.1%} are in the range of air and lung (-1024 to -700)"
            f" and {tissue:.1%} in that of soft tissue (-150 to 150); a chest has at least"
            f" {MIN_SHARE:.0%} of each"
        )
        findings.append(Finding("implausible-hu", "error", text))
    return findings
