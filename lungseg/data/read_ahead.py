"""Reading what a batch needs of the store at once instead of slice by slice."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lungseg.data.checked import CheckedArray

THREADS = 16
"""Requests under way at once: a bucket answers each only after tens of milliseconds."""

Given = TypeVar("Given")
Made = TypeVar("Made")


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="read_ahead")


if hasattr(os, "register_at_fork"):  # threads do not survive in the workers of a loader
    os.register_at_fork(after_in_child=_threads.cache_clear)


def at_once(function: Callable[[Given], Made], given: Iterable[Given]) -> list[Made]:
    """Results of a function that mostly waits, called in several threads, in the order given.

    Example:
        >>> at_once(abs, [-1, 2])
        [1, 2]
    """
    return list(_threads().map(function, given))


class ReadAhead:
    """An array of a stored case of which some slices are there before they are asked for.

    Args:
        array: In the store, ``[z, y, x]``.
    """

    def __init__(self, array: CheckedArray) -> None:
        self._array = array
        self._ahead: dict[int, NDArray[Any]] = {}

    def __getitem__(self, selection: Any) -> NDArray[Any]:
        """Slices as of the array itself."""
        if isinstance(selection, int | np.integer) and selection in self._ahead:
            return self._ahead[int(selection)]
        return self._array[selection]


@contextmanager
def ahead(wanted: Iterable[tuple[ReadAhead, int]]) -> Iterator[None]:
    """Have slices of several arrays in memory, each read once, and forget them afterwards.

    Args:
        wanted: Arrays and numbers of slices.

    Raises:
        DataError: If one of them is damaged or cannot be reached.
    """
    pairs = list(dict.fromkeys(wanted))
    try:
        for (array, z), plane in zip(pairs, at_once(_plane, pairs), strict=True):
            array._ahead[z] = plane
        yield
    finally:
        for array, _ in pairs:
            array._ahead.clear()


def _plane(one: tuple[ReadAhead, int]) -> NDArray[Any]:
    array, z = one
    return array._array[z]
