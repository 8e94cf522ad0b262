"""A good assignment of units to sets if there are too many to try all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lungseg.splits.objective import Labels, Objective

Units = NDArray[np.intp]

STARTS = 60
PATIENCE = 20
"""Starts without improvement after which the search ends."""
KICKS = 40
PAIRS = 4000
"""Swaps evaluated in one step, at most."""
BUDGET = 20_000_000
"""Swaps evaluated in all, about: some seconds."""
PERFECT = 1e-6
"""Value of the objective (a thousandth of a standard deviation in all) that is good enough."""


def local_search(objective: Objective, sizes: Sequence[int], seed: int) -> Labels:
    """Iterated local search (Lourenço, Martin and Stützle, 2003).

    From random starts, the best swap of two units of different sets is made until none improves the
    objective; then the best assignment of this start is perturbed by three random swaps, and so on.
    The same seed gives the same result.

    Args:
        objective: For units in a fixed order.
        sizes: Units in each set; two sets at least.
        seed: Seed of starts and perturbations.
    """
    random = np.random.default_rng(seed)
    ordered = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    best, least, spent, last = ordered, np.inf, 0, 0
    for start in range(STARTS):
        if start - last > PATIENCE:
            break
        here, value = random.permutation(ordered), np.inf
        trial = here
        for _ in range(KICKS):
            trial, reached, n_swaps = _descend(objective, trial, len(sizes), random)
            spent += n_swaps
            if reached < value:
                here, value = trial, reached
            if value < least - 1e-12:
                best, least, last = here, value, start
            if least < PERFECT or spent > BUDGET:
                return best
            trial = _disturbed(here, random)
    return best


def _disturbed(labels: Labels, random: np.random.Generator) -> Labels:
    labels = labels.copy()
    for _ in range(3):
        i = random.integers(len(labels))
        j = random.choice(np.flatnonzero(labels != labels[i]))
        labels[i], labels[j] = labels[j], labels[i]
    return labels


def _descend(
    objective: Objective, labels: Labels, n_sets: int, random: np.random.Generator
) -> tuple[Labels, float, int]:
    """Swap until no swap improves: labels, value, number of swaps evaluated."""
    labels = labels.copy()
    parts = np.stack([objective.parts[labels == k].sum(axis=0) for k in range(n_sets)])
    wholes = np.stack([objective.wholes[labels == k].sum(axis=0) for k in range(n_sets)])
    value, n_swaps = float(objective.spread(parts / wholes)), 0
    while value >= PERFECT:
        first, second = _pairs(labels, random)
        a, b = labels[first], labels[second]
        part = objective.parts[second] - objective.parts[first]
        whole = objective.wholes[second] - objective.wholes[first]
        values = np.repeat((parts / wholes)[:, None], len(first), axis=1)
        rows = np.arange(len(first))
        values[a, rows] = (parts[a] + part) / (wholes[a] + whole)
        values[b, rows] = (parts[b] - part) / (wholes[b] - whole)
        spreads = objective.spread(values)
        n_swaps += len(first)
        at = int(spreads.argmin())
        if spreads[at] >= value - 1e-12:
            break
        i, j = first[at], second[at]
        parts[a[at]] += part[at]
        parts[b[at]] -= part[at]
        wholes[a[at]] += whole[at]
        wholes[b[at]] -= whole[at]
        labels[i], labels[j] = labels[j], labels[i]
        value = float(spreads[at])
    return labels, value, n_swaps


def _pairs(labels: Labels, random: np.random.Generator) -> tuple[Units, Units]:
    """Pairs of units of different sets: all of them, or a random sample."""
    n = len(labels)
    if n * (n - 1) // 2 <= PAIRS:
        first, second = np.triu_indices(n, 1)
    else:
        first, second = random.integers(n, size=(2, PAIRS), dtype=np.intp)
    apart = labels[first] != labels[second]
    return first[apart], second[apart]
