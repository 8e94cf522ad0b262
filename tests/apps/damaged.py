"""Checkpoints of runs, altered."""

import torch


def damage(run, change):
    """Alter the checkpoint of a run."""
    file = run / "checkpoints" / "last.ckpt"
    checkpoint = torch.load(file, weights_only=True)
    change(checkpoint)
    torch.save(checkpoint, file)
