"""Resident memory of the process that asks."""

from __future__ import annotations

import re
from pathlib import Path


def peak_mib() -> float:
    """The largest resident size so far, or since :func:`reset_peak`, in MiB.

    Not that of getrusage, which begins with the peak of the process that started this one.
    """
    return _status("VmHWM")


def resident_mib() -> float:
    """The resident size now, in MiB."""
    return _status("VmRSS")


def reset_peak() -> None:
    """Let the peak begin again at what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")


def _status(name: str) -> float:
    match = re.search(rf"{name}:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert match is not None
    return int(match[1]) / 1024
