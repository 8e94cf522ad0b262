"""What the lungs of a cohort are like, and what is expected of another scan after them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from lungseg.data import store as stores
from lungseg.data.anatomy import SIDES, Anatomy, case_anatomy
from lungseg.data.cohort import Cohort

WIDTH = 3.0
"""Standard deviations from the mean within which another case is expected."""


class LungQuantity(NamedTuple):
    """How the expected range of a quantity is found.

    Attributes:
        name: In a sentence.
        unit: Of its values, after a space.
        floor: Least distance of the range's ends from the mean: what healthy adults differ by
            and more, so that two or three alike cases do not make everything else look odd. A
            ratio where `log`.
        log: Whether the quantity varies by ratios: the mean is geometric.
        code: Of the finding where a scan is outside.
    """

    name: str
    unit: str
    floor: float
    log: bool
    code: str


LUNG_QUANTITIES = {
    **{
        f"{side}_{key}": LungQuantity(f"{name} of the {side} lung", unit, floor, log, code)
        for key, name, unit, floor, log, code in (
            ("volume_ml", "volume", " ml", 2.5, True, "lung-volume"),
            ("mean_hu", "mean HU", " HU", 150, False, "lung-density"),
            ("n_components", "number of parts", "", 2, False, "lung-components"),
        )
        for side in SIDES
    },
    "volume_ratio": LungQuantity(
        "volume ratio of right to left lung", "", 1.8, True, "lung-symmetry"
    ),
    "height_ratio": LungQuantity(
        "height ratio of right to left lung", "", 1.35, True, "lung-symmetry"
    ),
    "depth_ratio": LungQuantity(
        "depth ratio of right to left lung", "", 1.35, True, "lung-symmetry"
    ),
    "width_ratio": LungQuantity(
        "width ratio of right to left lung", "", 1.6, True, "lung-symmetry"
    ),
    **{
        f"centre_{axis}": LungQuantity(
            f"centre of the lungs, {name}", " %", floor, False, "position"
        )
        for axis, name, floor in (
            ("z", "from the first to the last slice", 20),
            ("y", "from front to back", 12),
            ("x", "from right to left", 12),
        )
    },
}


def quantities_of(anatomy: Anatomy) -> dict[str, float]:
    """The quantities of one scan; where a lung is missing, only those of the other lung alone.

    Args:
        anatomy: As from :func:`lungseg.data.anatomy.anatomy_of`.
    """
    there = {side: lung for side, lung in anatomy.items() if lung["volume_ml"] > 0}
    values = {
        f"{side}_{key}": float(lung[key])
        for side, lung in there.items()
        for key in ("volume_ml", "mean_hu", "n_components")
    }
    if len(there) < len(SIDES):
        return values
    right, left = anatomy["right"], anatomy["left"]
    volumes = [right["volume_ml"], left["volume_ml"]]
    values["volume_ratio"] = volumes[0] / volumes[1]
    for name, a, b in zip(
        ("height", "depth", "width"), right["extent_mm"], left["extent_mm"], strict=True
    ):
        values[f"{name}_ratio"] = a / b
    centre = np.average([right["centre"], left["centre"]], axis=0, weights=volumes)
    return values | {
        f"centre_{axis}": 100 * float(c) for axis, c in zip("zyx", centre, strict=True)
    }


def ranges_of(anatomies: Sequence[Anatomy]) -> dict[str, Any]:
    r"""Combine cases into what is expected of another one.

    With :math:`n` cases of mean :math:`m` and standard deviation :math:`s`, another one is
    expected within :math:`m \pm \max(f, 3 s \sqrt{1 + 1/n})`, with the floor :math:`f` of
    `LUNG_QUANTITIES`; volumes and ratios on the logarithmic scale. Every case itself is inside.

    Returns:
        ``n``, the number of cases, and ``quantities``: of each ``mean``, ``sd`` (a ratio for
        volumes and ratios; 0 or 1 for a single case), ``low``, ``high`` and its own ``n``. A case
        that lacks a lung does not count for it.

    Example:
        >>> lung = {"volume_ml": 2000.0, "mean_hu": -700.0, "n_components": 1,
        ...         "centre": [0.5, 0.5, 0.5], "extent_mm": [200.0, 150.0, 100.0]}
        >>> ranges = ranges_of([{"right": lung, "left": lung}])
        >>> ranges["quantities"]["left_volume_ml"]["low"]
        800.0
    """
    cases = [quantities_of(anatomy) for anatomy in anatomies]
    expected = {}
    for key, quantity in LUNG_QUANTITIES.items():
        values = [case[key] for case in cases if key in case]
        if values:
            expected[key] = _range(values, quantity)
    return {"n": len(cases), "quantities": expected}


def _range(values: list[float], quantity: LungQuantity) -> dict[str, float]:
    scaled = np.log(values) if quantity.log else np.array(values)
    n, mean = len(scaled), float(scaled.mean())
    sd = float(scaled.std(ddof=1)) if n > 1 else 0.0
    floor = math.log(quantity.floor) if quantity.log else quantity.floor
    reach = max(floor, WIDTH * sd * math.sqrt(1 + 1 / n))
    low, high = min(mean - reach, scaled.min()), max(mean + reach, scaled.max())
    # What is recorded is read by people too: six digits are enough.
    figures = {
        name: float(f"{math.exp(value) if quantity.log else value:.6g}")
        for name, value in (("mean", mean), ("sd", sd), ("low", low), ("high", high))
    }
    return figures | {"n": n}


def typical_of(cohort: Cohort, names: Iterable[str]) -> dict[str, Any]:
    """What is expected after some cases of a cohort, as from :func:`ranges_of`.

    Raises:
        DataError: If one of them has no mask, or its arrays are not complete.
    """
    return ranges_of([_anatomy_in(cohort, name) for name in names])


def _anatomy_in(cohort: Cohort, name: str) -> Anatomy:
    """What the store says of a case's lungs; measured where an older version prepared the case."""
    case = cohort.cases[name]
    stored: Anatomy | None = case.get("anatomy")
    return stored or _measured(cohort.store, name, case["content_sha256"])


@cache
def _measured(store: str, name: str, content: str) -> Anatomy:
    """Measured once for all jobs of a sweep; `content` is the hash of what is measured."""
    image, mask = stores.open_arrays(store, name)
    affine = np.array(stores.open_case(store, name).attrs["affine"])
    return case_anatomy(image, mask, affine, stores.open_sides(store, name))
