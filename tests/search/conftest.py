"""A PostgreSQL server of the test's own, and searches whose trainings take no time."""

from __future__ import annotations

import gc
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from lungseg.search.settings import Settings

SPACE = {
    "loss.alpha": {"low": 0.0, "high": 1.0},
    "optimizer.lr": {"low": 0.001, "high": 1.0, "log": True},
}


def settings(**changes) -> Settings:
    values = {
        "study_name": "quick",
        "storage": None,
        "n_trials": 12,
        "n_jobs": 1,
        "sampler": "random",
        "seed": 0,
        "objectives": ("val/dsc",),
        "directions": ("maximize",),
        "pruner": "none",
        "pruner_startup_trials": 5,
        "pruner_warmup_epochs": 1,
        "space": SPACE,
    }
    return Settings(**(values | changes))


def start_worker(folder: Path, **changes) -> subprocess.Popen:
    """A worker of a search in a process of its own (see worker.py)."""
    words = [f"{key}={value}" for key, value in changes.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.search.worker", str(folder), *words],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _postgres_binaries() -> Path | None:
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders = [*([Path(found).parent] if found else []), *folders]
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@pytest.fixture
def postgres(server):
    """URL of a database, with a password in it that must turn up nowhere."""
    if server is None:
        pytest.skip("no PostgreSQL server (apt-get install postgresql) or no pg8000")
    yield server
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # connections that a test left open, before another test meets their warnings


@pytest.fixture(scope="session")
def server():
    """URL of an empty database; None where there is no server."""
    binaries = _postgres_binaries()
    if binaries is None or find_spec("pg8000") is None:
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="lungseg-"))  # pytest's folders are open to us alone
    user = getpass.getuser()
    wrap = []
    if os.getuid() == 0:  # it refuses to run as root
        user = "postgres"
        shutil.chown(home, user)
        wrap = ["runuser", "-u", user, "--"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*words: str) -> None:
        subprocess.run([*wrap, *words], check=True, capture_output=True, cwd=home)

    data = home / "data"
    run(str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "lungseg", "--no-sync")
    control = str(binaries / "pg_ctl")
    options = f"-p {port} -k {home} -c fsync=off"
    run(control, "-D", str(data), "-o", options, "-w", "-l", str(home / "log"), "start")
    pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    yield f"postgresql+pg8000://lungseg:geheim@127.0.0.1:{port}/postgres"
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)  # its word for: stop at once
    shutil.rmtree(home, ignore_errors=True)
