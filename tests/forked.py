"""The command in a process forked from one that has imported the libraries already.

Importing them takes most of the time of a command on a synthetic cohort. Of lungseg itself nothing
is imported before the fork, and ``python -m lungseg`` is run as the interpreter runs it.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

LIBRARIES = (
    "hydra", "torch", "pytorch_lightning", "torchmetrics", "pandas", "zarr", "fsspec", "joblib",
    "wandb", "optuna", "scipy.ndimage", "scipy.stats", "matplotlib.figure", "plotly.graph_objects",
    "pydicom", "nibabel", "jinja2", "rich.console", "psutil", "filelock",
)  # fmt: skip


@cache
def _server() -> subprocess.Popen[str]:
    """One for each process of pytest; it ends when its standard input is closed."""
    server = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(server.communicate)
    return server


def run_forked(
    arguments: tuple[str, ...], folder: Path, environment: dict[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """What ``subprocess.run`` returns for ``python -m lungseg`` with these arguments.

    Raises:
        subprocess.TimeoutExpired: The command took longer; it has been killed.
    """
    server = _server()
    assert server.stdin
    assert server.stdout
    with tempfile.TemporaryDirectory() as printed:
        out, err = Path(printed, "out"), Path(printed, "err")
        order = [arguments, str(folder), environment, str(out), str(err)]
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        child = int(server.stdout.readline())
        if not select.select([server.stdout], [], [], timeout)[0]:
            os.kill(child, signal.SIGKILL)
            server.stdout.readline()
            raise subprocess.TimeoutExpired(arguments, timeout, out.read_text(), err.read_text())
        code = int(server.stdout.readline())
        return subprocess.CompletedProcess(arguments, code, out.read_text(), err.read_text())


def _become(arguments: list[str], folder: str, environment: dict[str, str], *files: str) -> None:
    """In the child: everything that a new process would have got."""
    for number, file in zip((1, 2), files, strict=True):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = folder
    sys.argv[1:] = arguments


def _serve() -> None:
    for name in LIBRARIES:
        with suppress(ImportError):  # an extra
            importlib.import_module(name)
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            answers.close()
            _become(*json.loads(line))
            break
        print(child, file=answers, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)
    else:
        return
    runpy.run_module("lungseg", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
