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
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

LIBRARIES = (
    "hydra", "torch", "pytorch_lightning", "torchmetrics", "pandas", "zarr", "fsspec", "joblib",
    "optuna", "scipy.ndimage", "scipy.stats", "matplotlib.figure", "plotly.graph_objects",
    "pydicom", "nibabel", "jinja2", "rich.console", "psutil", "filelock", "s3fs",
)  # fmt: skip
"""Without wandb, whose folder for pictures is removed by the first process that ends."""


@cache
def _server() -> subprocess.Popen[str]:
    """One for each process of pytest; it ends when its standard input is closed."""
    server = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, text=True)
    atexit.register(server.communicate)
    return server


class Forked:
    """``python -m lungseg`` with some arguments, running.

    Args:
        arguments: Command and overrides.
        folder: Where it runs.
        environment: Its variables, all of them.
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.arguments = arguments
        self.place = Path(tempfile.mkdtemp())
        order = [str(self.place), arguments, str(folder), dict(environment)]
        stream = _server().stdin
        assert stream
        stream.write(json.dumps(order) + "\n")
        stream.flush()

    def wait(self, timeout: float) -> subprocess.CompletedProcess[str]:
        """What ``subprocess.run`` returns.

        Raises:
            subprocess.TimeoutExpired: The command took longer, in seconds; it has been killed.
        """
        deadline = time.monotonic() + timeout
        while not (code := self.place / "code").exists():
            if time.monotonic() > deadline:
                os.kill(int((self.place / "pid").read_text()), signal.SIGKILL)
                raise subprocess.TimeoutExpired(self.arguments, timeout)
            time.sleep(0.01)
        out, err = (_text(self.place / name) for name in ("out", "err"))
        done = subprocess.CompletedProcess(self.arguments, int(code.read_text()), out, err)
        shutil.rmtree(self.place)
        return done


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _serve() -> None:
    for name in LIBRARIES:
        with suppress(ImportError):  # an extra
            importlib.import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    for line in sys.stdin:
        if os.fork() == 0:
            _keep(*json.loads(line))
            return


def _keep(place: str, *order: Any) -> None:
    """Fork once more; as the parent wait and write down the exit code, as the child run."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        _become(Path(place), *order)
        runpy.run_module("lungseg", run_name="__main__", alter_sys=True)
        return
    Path(place, "pid").write_text(str(child))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    Path(place, "code.part").write_text(str(code))
    Path(place, "code.part").rename(Path(place, "code"))
    os._exit(0)


def _become(place: Path, arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Everything that a new process would have got."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(place / name, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = folder
    sys.argv[1:] = arguments


if __name__ == "__main__":
    _serve()
