"""Slices kept on the training device give the weights of those kept in memory."""

import pytest
import torch

from tests.conftest import Cli


@pytest.mark.slow
def test_the_same_weights(phantom_root, tmp_path):
    common = (
        *("train", "data=lctsc", f"data.root={phantom_root}", "augment=light", "data.crop=body"),
        *("data.outside=channel", "sampling=balanced", "trainer.max_epochs=2", "logger=none"),
        *("report=false", "split.test=[2]", "trainer.accelerator=cpu"),
    )
    states = []
    for cache in ("memory", "device"):
        done = Cli(tmp_path)(*common, f"data.cache={cache}", f"hydra.run.dir={cache}")
        assert done.returncode == 0, done.stderr
        file = tmp_path / cache / "checkpoints" / "last.ckpt"
        states.append(torch.load(file, weights_only=True)["state_dict"])
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
