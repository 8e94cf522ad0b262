"""What maps HU to intensities accepts."""

from __future__ import annotations

from itertools import pairwise

from lungseg.arguments.numbers import as_pairs, check_at_least, is_number


def check_window(lower: float, upper: float) -> None:
    """Check the arguments of :class:`lungseg.data.intensity.Window`.

    Raises:
        ValueError: If the window is empty.
    """
    if not (is_number(lower) and is_number(upper) and lower < upper):
        raise ValueError(f"lower must be below upper, got lower={lower}, upper={upper}")


def check_windows(windows: object) -> None:
    """Check the arguments of :class:`lungseg.data.intensity.Windows`.

    Raises:
        ValueError: If there is no window, or one is empty.
    """
    for lower, upper in as_pairs("windows", windows, "[lower, upper]"):
        check_window(lower, upper)


def check_stretch(knots: object) -> None:
    """Check the arguments of :class:`lungseg.data.intensity.Stretch`.

    Raises:
        ValueError: If they are no increasing pairs of numbers from value 0 to 1.
    """
    pairs = as_pairs("knots", knots, "[HU, value]")
    increasing = all(
        all(map(is_number, (*one, *other))) and one[0] < other[0] and one[1] < other[1]
        for one, other in pairwise(pairs)
    )
    if len(pairs) < 2 or not increasing or pairs[0][1] != 0 or pairs[-1][1] != 1:
        shown = [list(pair) for pair in pairs]
        raise ValueError(f"knots must increase in HU and value, from value 0 to 1, got {shown}")


def check_equalize(lower: object, upper: object) -> None:
    """Check the arguments of :class:`lungseg.data.intensity.Equalize`.

    Raises:
        ValueError: If the window is empty, or a limit is not a whole number.
    """
    if not all(is_number(limit) and limit == int(limit) for limit in (lower, upper)):
        raise ValueError(f"lower and upper must be whole numbers, got {lower!r} and {upper!r}")
    check_window(lower, upper)  # type: ignore[arg-type]


def check_clahe(lower: float, upper: float, clip_limit: object = 0.01, tiles: object = 8) -> None:
    """Check the arguments of :class:`lungseg.data.intensity.Clahe`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    check_window(lower, upper)
    if not is_number(clip_limit) or not 0 < clip_limit <= 1:
        raise ValueError(f"clip_limit must be a number above 0 and at most 1, got {clip_limit!r}")
    check_at_least(tiles=(tiles, 2))
