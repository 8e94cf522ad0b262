"""Irregularities in the headers of slices that could be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lungseg.dicom.slices import SliceHeader
from lungseg.findings import Finding


def check_headers(headers: Sequence[SliceHeader]) -> list[Finding]:
    """Findings on the storage of pixels, and on malformed attributes."""
    findings = []
    layouts = [header.layout for header in headers if header.layout]
    differing = [
        keyword
        for keyword, values in (
            ("BitsStored", {layout.stored for layout in layouts}),
            ("PixelRepresentation", {layout.signed for layout in layouts}),
            ("PhotometricInterpretation", {layout.photometric for layout in layouts}),
        )
        if len(values) > 1
    ]
    if differing:
        text = f"slices differ in {' and '.join(differing)}; each is read with its own"
        findings.append(Finding("mixed-pixels", "warning", text))
    longer = sum(header.surplus for header in headers)
    if longer:
        text = (
            f"{longer} slice(s) with more pixel data than their size requires; the rest was ignored"
        )
        findings.append(Finding("pixel-surplus", "warning", text))
    malformed = Counter(keyword for header in headers for keyword in sorted(header.malformed))
    for keyword, count in sorted(malformed.items()):
        text = f"{keyword} of {count} slice(s) is not a whole number; not used"
        findings.append(Finding("malformed-header", "warning", text))
    return findings
