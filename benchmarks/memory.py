"""Peak memory of the process that asks."""

from __future__ import annotations

import re
from pathlib import Path


def peak_mib() -> float:
    """The largest resident size so far, in MiB.

    Not that of getrusage, which begins with the peak of the process that started this one.
    """
    status = Path("/proc/self/status").read_text()
    match = re.search(r"VmHWM:\s*(\d+) kB", status)
    assert match is not None
    return int(match[1]) / 1024
