"""A training on two devices that is terminated ends as one on a single device does."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("send", "moment"), [(os.killpg, "status.json"), (os.kill, "metrics.csv")])
def test_sigterm_ends_both_processes(phantom_root, tmp_path, send, moment):
    """To both, as `timeout` sends it, while the second starts; to the first alone in training."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "lungseg", "train", "data=lctsc", f"data.root={phantom_root}"),
            *("trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu", "logger=none"),
            *("trainer.max_epochs=1000", "hydra.run.dir=run", "report=false"),
        ],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    try:
        while not (tmp_path / "run" / moment).exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(1)
        send(process.pid, signal.SIGTERM)
        # The other process has the same standard error, which ends only when both have.
        _, err = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 143
    assert "lungseg train: interrupted" in err
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert status == {"state": "failed", "error": "interrupted"}
