"""CPU time and memory of named steps of a command, measured where they are called."""

from __future__ import annotations

import functools
import importlib
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.memory import peak_mib, reset_peak, resident_mib


@dataclass
class Meter:
    """Measures calls of functions that it has replaced by timed ones.

    Attributes:
        seconds: CPU seconds by step, of this process and of its children that have ended.
        mib: Largest peak of a step above what the process held before it.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    mib: dict[str, float] = field(default_factory=dict)
    _peaks: list[float] = field(default_factory=list)

    def watch(self, steps: Mapping[str, str]) -> None:
        """Replace functions by timed ones.

        Args:
            steps: ``module:function`` or ``module:Class.method`` by name of the step. It has to be
                the module where the caller looks it up.
        """
        for name, place in steps.items():
            owner, function = owner_of(place)
            setattr(owner, function, self._timed(name, getattr(owner, function)))

    def forget(self) -> None:
        """Begin anew, after a first call."""
        self.seconds.clear()
        self.mib.clear()

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*arguments: Any, **options: Any) -> Any:
            # A step may be within another, whose peak so far would be lost.
            self._peaks = [max(peak, peak_mib()) for peak in self._peaks]
            reset_peak()
            self._peaks.append(0.0)
            before, start = resident_mib(), cpu_seconds()
            try:
                return function(*arguments, **options)
            finally:
                self.seconds[name] = self.seconds.get(name, 0.0) + cpu_seconds() - start
                peak = max(self._peaks.pop(), peak_mib())
                self.mib[name] = max(self.mib.get(name, 0.0), peak - before)
                self._peaks = [max(outer, peak) for outer in self._peaks]

        return timed


def owner_of(place: str) -> tuple[Any, str]:
    """The module or class of ``module:function`` or ``module:Class.method``, and the name there."""
    module, _, path = place.partition(":")
    *owners, function = path.split(".")
    return functools.reduce(getattr, owners, importlib.import_module(module)), function


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
