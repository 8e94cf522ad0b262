"""Scoring of cases in 3-D as their slices arrive, with memory for a few cases only."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from lungseg.metrics.cases import CaseScore, case_row
from lungseg.metrics.sides import SideArray

Mask = npt.NDArray[np.bool_]

WORKERS = 2
"""Threads that score while the next slices are predicted."""


class CaseStream:
    """Accepts slices case by case, in order from z = 0, and scores a case when it is complete.

    Args:
        n_slices: Slices of each case, by its index.
        spacing: Distance between voxel centres ``(z, y, x)`` of each case, mm.
        sides: Returns a case's reference by side, ``[z, y, x]``, or None if that is not known.
    """

    def __init__(
        self,
        n_slices: Sequence[int],
        spacing: Sequence[Sequence[float]],
        sides: Callable[[int], SideArray | None] = lambda _: None,
    ) -> None:
        self._n_slices = n_slices
        self._spacing = spacing
        self._sides = sides
        self._pool = ThreadPoolExecutor(WORKERS)
        self._waiting: deque[tuple[int, Future[CaseScore]]] = deque()
        self._case: int | None = None
        self._slices: list[tuple[Mask, Mask]] = []
        self._numbers: dict[int, dict[str, Any]] = {}
        self._worst: tuple[int, CaseScore] | None = None

    def add(self, case: int, prediction: Mask, reference: Mask) -> None:
        """Add the next slice, ``[y, x]``; an incomplete other case is dropped."""
        if case != self._case:
            self._case, self._slices = case, []
        self._slices.append((prediction, reference))
        if len(self._slices) < self._n_slices[case]:
            return
        prediction, reference = (np.stack(masks) for masks in zip(*self._slices, strict=True))
        job = self._pool.submit(
            case_row, prediction, reference, self._spacing[case], self._sides(case)
        )
        self._waiting.append((case, job))
        self._case, self._slices = None, []
        while len(self._waiting) > WORKERS:
            self._collect()

    def _collect(self) -> None:
        case, future = self._waiting.popleft()
        score = future.result()
        self._numbers[case] = score.numbers
        distance = score.numbers["hd95_mm"]
        # Only the surface points of the worst case are kept, for its picture.
        if not math.isnan(distance) and (
            self._worst is None or distance > self._worst[1].numbers["hd95_mm"]
        ):
            self._worst = case, score

    def numbers(self) -> dict[int, dict[str, Any]]:
        """Numbers of all complete cases (see `case_row`), by the case's index."""
        while self._waiting:
            self._collect()
        return self._numbers

    def worst(self) -> tuple[int, CaseScore] | None:
        """The complete case with the largest HD95, or None if it is undefined for all."""
        self.numbers()
        return self._worst
