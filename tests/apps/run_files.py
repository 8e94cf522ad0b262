"""Files of a run folder and of its W&B run: read, or altered."""

import json
import subprocess
import sys
from pathlib import Path

import torch

TABLES = ("slices.csv", "cases.csv", "pr_curve.csv", "summary.json", "score_histograms.npz")


def contents(run):
    return {name: (run / "evaluation" / name).read_bytes() for name in TABLES}


def damage(run, change):
    """Alter the checkpoint of a run."""
    file = run / "checkpoints" / "last.ckpt"
    checkpoint = torch.load(file, weights_only=True)
    change(checkpoint)
    torch.save(checkpoint, file)


def wandb_records(folder: Path) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
