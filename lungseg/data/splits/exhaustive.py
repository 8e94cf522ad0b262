"""All ways to put units into sets of given sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from lungseg.data.splits.objective import Labels, Objective

CHUNK = 20_000


def count(sizes: Sequence[int]) -> int:
    """Number of ways: the multinomial coefficient."""
    ways, n = 1, 0
    for size in sizes:
        n += size
        ways *= comb(n, size)
    return ways


def assignments(sizes: Sequence[int]) -> Iterator[Labels]:
    """Every way once, in chunks, int8 ``[way, unit]``; set k gets ``sizes[k]`` units."""
    n = sum(sizes)
    # Units of set 0 are those that are left. The largest other set is filled in one step.
    order = sorted(range(1, len(sizes)), key=lambda k: sizes[k])
    yield from _fill(np.zeros(n, np.int8), [(k, sizes[k]) for k in order])


def _fill(labels: Labels, wanted: list[tuple[int, int]]) -> Iterator[Labels]:
    (label, size), *others = wanted
    free = np.flatnonzero(labels == 0)
    if others:
        for chosen in combinations(free, size):
            taken = labels.copy()
            taken[list(chosen)] = label
            yield from _fill(taken, others)
        return
    ways = _combinations(len(free), size)
    for start in range(0, len(ways), CHUNK):
        chosen_ones = free[ways[start : start + CHUNK]]
        chunk = np.repeat(labels[None], len(chosen_ones), axis=0)
        np.put_along_axis(chunk, chosen_ones, np.int8(label), axis=1)
        yield chunk


@cache
def _combinations(n: int, size: int) -> NDArray[np.intp]:
    flat = np.fromiter((i for one in combinations(range(n), size) for i in one), np.intp)
    return flat.reshape(-1, size)


def exhaustive(objective: Objective, sizes: Sequence[int]) -> Labels:
    """The best of all ways; of equally good ones the first."""
    best, least = np.zeros(0, np.int8), np.inf
    for chunk in assignments(sizes):
        # Rounded: what is equal stays so, whatever the order in which it was summed.
        values = objective(chunk, len(sizes)).round(12)
        at = int(values.argmin())
        if values[at] < least:
            best, least = chunk[at].copy(), float(values[at])
    _combinations.cache_clear()
    return best
