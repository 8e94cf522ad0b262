"""What a network may see of a slice."""

from __future__ import annotations

from lungseg.arguments.numbers import check_at_least, is_number

OUTSIDE = ("keep", "soft", "channel")
CROP = ("none", "body")
LARGEST = 4096
"""Pixels along a side; the settings may come from a file from anywhere."""


def check_network_input(
    *,
    outside: object = "keep",
    crop: object = "none",
    matrix_size: object = None,
    spacing: object = None,
    context: object = 0,
    context_mm: object = None,
) -> None:
    """Check the arguments of :class:`lungseg.data.network_input.NetworkInput`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    if outside not in OUTSIDE:
        raise ValueError(f"outside={outside}: must be {', '.join(OUTSIDE)}")
    if crop not in CROP:
        raise ValueError(f"crop={crop}: must be {' or '.join(CROP)}")
    if matrix_size is not None:
        check_at_least(matrix_size=(matrix_size, 16))
        if int(str(matrix_size)) > LARGEST:
            raise ValueError(f"matrix_size={matrix_size}: must be at most {LARGEST}")
    for name, value in (("spacing", spacing), ("context_mm", context_mm)):
        if value is not None and not (is_number(value) and 0.05 <= float(str(value)) <= 100):
            raise ValueError(f"{name}={value}: must be a distance from 0.05 to 100 mm")
    if matrix_size is not None and spacing is not None:
        raise ValueError(f"matrix_size={matrix_size} and spacing={spacing}: give one of them")
    check_at_least(context=(context, 0))
