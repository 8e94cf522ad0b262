"""Cores and memory that this process may use: jobs and containers get less than there is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")  # of Linux


def cores() -> float:
    """Cores by affinity (Slurm, taskset) and by quota (containers), whichever is less."""
    # macOS and Windows have no affinity.
    affinity = getattr(os, "sched_getaffinity", None)
    n = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min([float(n), *_quotas()])


def memory_bytes() -> int:
    """Memory of the machine, or of the job or container if that is less."""
    import psutil

    total: int = psutil.virtual_memory().total
    return min([total, *_memory_limits()])


def _quotas() -> Iterator[float]:
    """Cores by which the groups of this process are limited, in both versions of cgroups."""
    for folder in _groups("cpu"):
        quota, period = [*_words(folder / "cpu.max"), "", ""][:2]
        if not quota:
            quota = "".join(_words(folder / "cpu.cfs_quota_us"))
            period = "".join(_words(folder / "cpu.cfs_period_us"))
        if quota.isdigit() and period.isdigit():  # otherwise max, or -1
            yield int(quota) / int(period)


def _memory_limits() -> Iterator[int]:
    for folder in _groups("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            yield from (int(word) for word in _words(folder / name) if word.isdigit())


def _groups(controller: str) -> Iterator[Path]:
    """Folders of the groups that this process is in, from its own to the outermost."""
    try:
        lines = OWN.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, names, own = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        root = CGROUPS / controller if names else CGROUPS
        folder = root / own.strip("/")
        yield folder
        # In a container the path may be one outside it; its own limits are at the root.
        yield from (parent for parent in folder.parents if parent.is_relative_to(root))


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []
