"""A training that is killed, interrupted, or fails."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
import torch

from tests.apps.run_files import wandb_records
from tests.conftest import Cli


@pytest.mark.slow
def test_killed_in_mid_epoch_and_resumed(phantom_root, tmp_path):
    """SIGKILL while an epoch runs; the same command with ckpt_path ends with the same weights."""
    arguments = [
        "data=lctsc",
        f"data.root={phantom_root}",
        f"data.store={tmp_path}/store",
        "trainer.max_epochs=8",
        "data.num_workers=1",
        "logger=none",
        "report=false",
    ]
    whole = Cli(tmp_path)("train", *arguments, "hydra.run.dir=whole")
    assert whole.returncode == 0, whole.stderr

    process = subprocess.Popen(
        [sys.executable, "-m", "lungseg", "train", *arguments, "hydra.run.dir=broken"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    rows = tmp_path / "broken" / "metrics.csv"
    deadline = time.monotonic() + 120
    # Two rows: the first epoch's checkpoint is complete, and an epoch is under way.
    while not (rows.exists() and len(rows.read_text().splitlines()) > 2):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    last = tmp_path / "broken" / "checkpoints" / "last.ckpt"
    stopped = torch.load(last, weights_only=True)
    assert stopped["epoch"] < 7

    resumed = Cli(tmp_path)("train", *arguments, f"ckpt_path={last}")
    assert resumed.returncode == 0, resumed.stderr
    ends = [
        torch.load(tmp_path / name / "checkpoints" / "last.ckpt", weights_only=True)
        for name in ("whole", "broken")
    ]
    assert ends[0]["global_step"] == ends[1]["global_step"]
    for name, value in ends[0]["state_dict"].items():
        assert torch.equal(value, ends[1]["state_dict"][name]), name
    tables = [(tmp_path / n / "metrics.csv").read_text().splitlines() for n in ("whole", "broken")]
    assert [r.split(",")[:7] for r in tables[0]] == [r.split(",")[:7] for r in tables[1]]

    line = Cli(tmp_path).refused("train", *arguments, f"ckpt_path={last}", "optimizer.lr=0.01")
    assert "optimizer.lr=0.01: the checkpoint's run had 0.1" in line


@pytest.mark.slow
def test_a_failed_run_closes_its_wandb_run(phantom_root, tmp_path):
    """A network that fails in its first step."""
    (tmp_path / "broken_net.py").write_text(
        "import torch\n"
        "class Net(torch.nn.Conv2d):\n"
        "    def __init__(self): super().__init__(1, 1, 1)\n"
        "    def forward(self, x): raise RuntimeError('no memory\\nat all')\n"
    )
    line = Cli(tmp_path).refused(
        "train",
        "data=lctsc",
        f"data.root={phantom_root}",
        "~model.depth",
        "~model.base_channels",
        "model._target_=broken_net.Net",
        PYTHONPATH=str(tmp_path),
    )
    assert "RuntimeError: no memory" in line
    (folder,) = (tmp_path / "outputs" / "wandb").glob("offline-run-*")
    exits = [r["exit"] for r in wandb_records(folder) if r["type"] == "exit"]
    assert exits[0]["exit_code"] == 1
    (log,) = (tmp_path / "outputs").glob("20*/*/train.log")
    assert "Traceback" in log.read_text()


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGUSR1, 138)])
def test_interrupted_by_a_signal(phantom_root, tmp_path, number, code):
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "lungseg", "train", "data=lctsc"),
            *(f"data.root={phantom_root}", f"data.store={tmp_path}/store"),
            *("trainer.max_epochs=50", "hydra.run.dir=run"),
        ],
        cwd=tmp_path,
        # Shells have what they start in the background ignore it, the tests perhaps.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    rows = tmp_path / "run" / "metrics.csv"
    deadline = time.monotonic() + 120
    while not (rows.exists() and len(rows.read_text().splitlines()) > 2):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert err.strip() == "lungseg train: interrupted"
    assert re.search(r"\nto resume (in|after) epoch \d+.*: lungseg train resume=run\n", out)
    status = json.loads((tmp_path / "run" / "status.json").read_text())
    assert status == {"state": "failed", "error": "interrupted"}
    (folder,) = (tmp_path / "outputs" / "wandb").glob("offline-run-*")
    (exit_code,) = [r["exit"]["exit_code"] for r in wandb_records(folder) if r["type"] == "exit"]
    assert exit_code == 1
