"""All ways to assign units to sets of given sizes; sets of equal size are interchangeable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, groupby
from math import comb, factorial

import numpy as np
from numpy.typing import NDArray

from lungseg.splits.objective import Labels, Objective

CHUNK = 20_000


@dataclass(frozen=True)
class _Step:
    """Units to be chosen at once: the lowest of them gets the first label, and so on.

    Attributes:
        labels: One per unit. All sets of a single unit are filled in one step.
        alike: Sets of the same size that are filled later, or contain the remaining units.
        follows: Whether the previous step was for a set of the same size.
    """

    labels: tuple[int, ...]
    alike: int = 0
    follows: bool = False


def count(sizes: Sequence[int]) -> int:
    """Number of ways: the multinomial coefficient, divided by the orders of sets of equal size.

    Example:
        >>> count([2, 1, 1])  # 12 ways, but the two sets of one unit are interchangeable
        6
    """
    ways, n = 1, 0
    for size in sizes:
        n += size
        ways *= comb(n, size)
    for same in Counter(sizes).values():
        ways //= factorial(same)
    return ways


def assignments(sizes: Sequence[int]) -> Iterator[Labels]:
    """Every way once, in chunks, int32 ``[way, unit]``; set k gets ``sizes[k]`` units.

    Of ways that differ only by a permutation of sets of equal size, such as the folds of a
    cross-validation, just one is returned.
    """
    return _gathered(_fill(np.zeros(sum(sizes), np.int32), _steps(sizes), -1))


def _steps(sizes: Sequence[int]) -> list[_Step]:
    # Set 0 gets the remaining units. The largest other set is filled in one step.
    order = sorted(range(1, len(sizes)), key=lambda k: (sizes[k] == sizes[0], sizes[k]))
    steps = []
    for size, group in groupby(order, key=lambda k: sizes[k]):
        labels, left = [*group], int(size == sizes[0])
        if size == 1:
            steps.append(_Step((*labels, 0) if left else (*labels,)))
            continue
        for at, label in enumerate(labels):
            steps.append(_Step((label,) * size, len(labels) - at - 1 + left, at > 0))
    return steps


def _fill(labels: Labels, steps: list[_Step], before: int) -> Iterator[Labels]:
    """Ways to continue from these labels; ``before`` is the lowest unit of the set filled last."""
    step, *others = steps
    free = np.flatnonzero(labels == 0)
    size = len(step.labels)
    # Sets of equal size are filled in the order of their lowest units.
    first = int(np.searchsorted(free, before, "right")) if step.follows else 0
    last = len(free) - size * (1 + step.alike)
    if others:
        for lowest in range(first, last + 1):
            for rest in combinations(free[lowest + 1 :], size - 1):
                taken = labels.copy()
                taken[[free[lowest], *rest]] = step.labels
                yield from _fill(taken, others, int(free[lowest]))
        return
    ways = _combinations(len(free), size)
    begin, end = np.searchsorted(ways[:, 0], (first, last + 1))
    for start in range(begin, end, CHUNK):
        chosen = free[ways[start : min(start + CHUNK, end)]]
        chunk = np.repeat(labels[None], len(chosen), axis=0)
        np.put_along_axis(chunk, chosen, np.array(step.labels, np.int32)[None], axis=1)
        yield chunk


@cache
def _combinations(n: int, size: int) -> NDArray[np.intp]:
    flat = np.fromiter((i for units in combinations(range(n), size) for i in units), np.intp)
    return flat.reshape(-1, size)


def _gathered(chunks: Iterable[Labels]) -> Iterator[Labels]:
    """Merge small chunks, since numpy is slow for many of them."""
    waiting: list[Labels] = []
    n = 0
    for chunk in chunks:
        waiting.append(chunk)
        n += len(chunk)
        if n >= CHUNK:
            yield np.concatenate(waiting)
            waiting, n = [], 0
    if waiting:
        yield np.concatenate(waiting)


def exhaustive(objective: Objective, sizes: Sequence[int]) -> Labels:
    """The best of all ways; the first of equally good ones."""
    best, least = np.zeros(0, np.int32), np.inf
    for chunk in assignments(sizes):
        # Rounded, so that equal values stay equal regardless of the order of summation.
        values = objective(chunk, len(sizes)).round(12)
        at = int(values.argmin())
        if values[at] < least:
            best, least = chunk[at].copy(), float(values[at])
    _combinations.cache_clear()
    return best
