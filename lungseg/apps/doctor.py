"""``lungseg doctor``: what a bug report needs to say of an installation and its machine.

It runs without Hydra, and writes nothing: also where something is broken, it can say what.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from lungseg import __version__
from lungseg.apps.advice import Machine, advice
from lungseg.runs.hardware import hardware
from lungseg.runs.installed import extras, version_of, wanting
from lungseg.runs.limits import cores, memory_bytes
from lungseg.runs.provenance import git_state

PACKAGES = (
    *("torch", "pytorch-lightning", "torchmetrics", "hydra-core", "omegaconf", "numpy", "scipy"),
    *("pandas", "pydicom", "python-gdcm", "highdicom", "nibabel", "zarr", "zarrs", "optuna"),
    *("matplotlib", "joblib", "wandb"),
)
VARIABLES = re.compile(
    r"(OMP|MKL|OPENBLAS|KMP|CUDA|NVIDIA|NCCL|GLOO|PYTORCH|TORCH|PL|HYDRA|LUNGSEG|WANDB|MLFLOW|SLURM"
    r"|RAY|AWS|MALLOC)_\w+|(LOCAL_)?RANK|WORLD_SIZE|MASTER_(ADDR|PORT)|LD_(LIBRARY_PATH|PRELOAD)"
    r"|PYTHON(PATH|HOME|HASHSEED)|VIRTUAL_ENV|CONDA_PREFIX|TMPDIR|(https?|all|no)_proxy",
    re.IGNORECASE,
)
"""Names of environment variables that change how lungseg or its libraries behave."""
GIB = 2**30
WIDTH = 100
USAGE = "lungseg doctor [outputs=DIR]: versions, devices and limits, for a bug report"


def main(words: list[str]) -> int:
    """Print the report, in a block that Markdown leaves as it is.

    Args:
        words: At most ``outputs=DIR``.

    Returns:
        The exit code: 0 also where something is wrong, since it is said.
    """
    if words in (["--help"], ["-h"]):
        print(USAGE)
        return 0
    outputs = "outputs"
    for word in words:
        key, _, value = word.partition("=")
        if key != "outputs" or not value:
            print(f"lungseg doctor: error: {word}: takes outputs=DIR only", file=sys.stderr)
            return 2
        outputs = value
    print("```\n" + report(Path(outputs)) + "\n```")
    return 0


def report(outputs: Path) -> str:
    """The whole report, without names of people, machines, hosts and folders.

    Args:
        outputs: Folder of results, which need not exist.
    """
    devices, machine = examine(outputs)
    there = extras()
    rows = [
        ("lungseg", _lungseg()),
        ("Python", f"{platform.python_version()} ({platform.python_implementation()})"),
        ("system", _system()),
        *((name, version_of(name) or "MISSING") for name in PACKAGES),
        ("extras", ", ".join(name for name, has in there.items() if has) or "none"),
        ("extras missing", ", ".join(name for name, has in there.items() if not has) or "none"),
        *devices,
        ("memory", f"{machine.memory_gib:.1f} GiB for this process, {machine.free_gib:.1f} free"),
        ("disk at outputs", _gib(machine.disk_gib)),
        ("/dev/shm", _gib(machine.shm_gib)),
        ("variables set", ", ".join(sorted(filter(VARIABLES.fullmatch, os.environ))) or "none"),
    ]
    problems = [*wanting(), *advice(machine)] or ["nothing found"]
    return "\n".join([*_aligned(rows), "", *(f"- {problem}" for problem in problems)])


def examine(outputs: Path) -> tuple[list[tuple[str, str]], Machine]:
    """Rows about devices and threads, and what advice is given about."""
    import psutil

    known, n, memory = hardware(), cores(), memory_bytes()
    place = next(one for one in (outputs.absolute(), *outputs.absolute().parents) if one.exists())
    torch_rows = [("devices", "unknown: torch cannot be imported")]
    of_torch: dict[str, Any] = {}
    with suppress(Exception):  # of a broken installation, whose messages name folders
        import torch

        torch_rows, of_torch = _of_torch(torch)
    rows = [
        ("CPU", str(known["cpu"])),
        ("cores", f"{n:g} for this process, {known['cores']} of the machine"),
        *torch_rows,
        ("OMP_NUM_THREADS", _number(os.environ.get("OMP_NUM_THREADS"))),
    ]
    return rows, Machine(
        cores=n,
        memory_gib=memory / GIB,
        free_gib=min(memory, psutil.virtual_memory().available) / GIB,
        disk_gib=_free(place),
        shm_gib=_free(Path("/dev/shm")),
        writable=_is_writable(place),
        driver=shutil.which("nvidia-smi") is not None,
        **of_torch,
    )


def _of_torch(torch: Any) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    from lungseg.training.device import cpu_has_bf16, resolve_precision

    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    bf16 = torch.cuda.is_bf16_supported() if cuda else not mps and cpu_has_bf16()
    threads = torch.get_num_threads()
    rows = [
        ("GPU", "; ".join(_gpus(torch)) or ("Apple MPS" if mps else "none")),
        ("CUDA", torch.version.cuda or "torch without CUDA"),
        ("bf16", "fast here" if bf16 else "not native here"),
        ("trainer.precision", f"auto is {resolve_precision('auto', 'auto')}"),
        ("threads", f"torch {threads}, between operators {torch.get_num_interop_threads()}"),
    ]
    return rows, {"threads": threads, "gpu": cuda, "cuda_build": torch.version.cuda is not None}


def _lungseg() -> str:
    state = git_state(Path(__file__).parent)
    if state is None:
        return __version__
    return f"{__version__}, commit {state['commit'][:12]}{' (changed)' * state['dirty']}"


def _system() -> str:
    # What follows the number of a kernel that someone built may be the name of a machine.
    number = re.match(r"[\d.]*", platform.release())
    text = f"{platform.system()} {number[0] if number else ''} {platform.machine()}"
    with suppress(OSError, KeyError):
        known = platform.freedesktop_os_release()
        text += f", {known['NAME']} {known.get('VERSION_ID', '')}".rstrip()
    return text


def _gpus(torch: Any) -> Iterator[str]:
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        known = torch.cuda.get_device_properties(index)
        yield f"{known.name}, {known.total_memory / GIB:.1f} GiB, sm_{known.major}{known.minor}"


def _gib(free: float | None) -> str:
    return "unknown" if free is None else f"{free:.1f} GiB free"


def _number(value: str | None) -> str:
    if value is None:
        return "not set"
    return value if re.fullmatch(r"[\d,]+", value) else "set, and not a number"


def _free(folder: Path) -> float | None:
    try:
        return shutil.disk_usage(folder).free / GIB
    except OSError:
        return None


def _is_writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0")
    except OSError:
        return False
    return True


def _aligned(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Labels and values in two columns; long lists go on below."""
    import textwrap

    listed = [*rows]
    width = max(len(label) for label, _ in listed) + 2
    for label, value in listed:
        first, *others = textwrap.wrap(value, WIDTH - width, break_on_hyphens=False) or [""]
        yield f"{label:<{width}}{first}"
        yield from (" " * width + other for other in others)
