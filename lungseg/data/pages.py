"""Files that a store has beside its cases, made from the whole cohort."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lungseg.data.cohort import Cohort


@dataclass(frozen=True)
class Pages:
    """Names of such files, and how they are made.

    Attributes:
        names: The files that have to exist for the store to be up to date.
        make: Returns their texts by name; called when the cohort has changed.
    """

    names: tuple[str, ...] = ()
    make: Callable[[Cohort], Mapping[str, str]] = lambda _: {}
