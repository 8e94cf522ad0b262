"""What a network sees of a scan, in words: for model cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lungseg.data.network_input import NetworkInput

OUTSIDE = {
    "soft": "outside the patient soft tissue (40 HU)",
    "channel": "the outline of the patient as a channel",
}


def seen(about: Mapping[str, Any]) -> str:
    """What becomes of slices before their intensities, in this order.

    Args:
        about: Settings of :class:`lungseg.data.network_input.NetworkInput`; those that are missing
            have their defaults.

    Example:
        >>> seen({"outside": "soft", "crop": "body", "context": 1})
        'outside the patient soft tissue (40 HU); the box of the patient; 3 slices as channels'
        >>> seen({})
        'slices as they are, each alone'
    """
    steps = []
    if (outside := about.get("outside")) in OUTSIDE:
        steps.append(OUTSIDE[str(outside)])
    if size := about.get("matrix_size"):
        steps.append(f"slices resampled to {size} pixels along the longer side")
    if mm := about.get("spacing"):
        steps.append(f"slices resampled to pixels of {mm:g} mm")
    if about.get("crop") == "body":
        steps.append("the box of the patient")
    if context := about.get("context"):
        mm = about.get("context_mm")
        apart = f", {mm:g} mm apart" if mm else ""
        steps.append(f"{2 * context + 1} slices as channels{apart}")
    return "; ".join(steps) or "slices as they are, each alone"


def channels(about: Mapping[str, Any]) -> int:
    """Channels of the graph's input."""
    return NetworkInput.of(lambda images: images, about).stored_channels
