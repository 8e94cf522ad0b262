"""The machine that a run was made on, as far as a paper names it."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

CPUINFO = Path("/proc/cpuinfo")  # of Linux


def hardware() -> dict[str, Any]:
    """Processor and memory; no name of the machine, which may name a hospital.

    Returns:
        ``cpu`` (its model; None where the system does not tell), ``cores`` (logical ones of the
        machine) and ``memory_gib``. Accelerators are under ``devices`` of the provenance.
    """
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    return {"cpu": _cpu(), "cores": os.cpu_count(), "memory_gib": round(memory, 1)}


def _cpu() -> str | None:
    """The processor's model."""
    if platform.system() == "Darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        try:
            done = subprocess.run(asked, capture_output=True, text=True, timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() or None
    try:
        lines = CPUINFO.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, None) or platform.processor() or None
