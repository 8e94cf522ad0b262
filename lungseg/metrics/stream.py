"""Scores cases in 3-D as their slices come in, in memory for a few cases however many there are."""

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
    """Takes slices case by case, each in order from z = 0, and scores a case when it is whole.

    Args:
        n_slices: Slices of each case, by its index.
        spacing: Distance between voxel centres ``(z, y, x)`` of each case, mm.
        sides: Gives a case's reference by side, ``[z, y, x]``, or None where that is not known.
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
        """Take the next slice, ``[y, x]``. What was left incomplete of another case is dropped."""
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
        # Points of one case's surface are enough for a picture of the worst.
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
        """The complete case with the largest HD95, or None where none has one."""
        self.numbers()
        return self._worst
