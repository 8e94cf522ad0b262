"""docs/weights.md: a checkpoint in plain PyTorch and in Lightning, as it is shown there."""

import re

import pytest
import torch

from lungseg.losses import ComboLoss
from lungseg.models.unet import UNet
from lungseg.runs.restore import restore
from lungseg.training.module import SegmentationModule
from tests.conftest import CLONE

BLOCKS = re.findall(r"```python\n(.*?)```", (CLONE / "docs" / "weights.md").read_text(), re.DOTALL)
PLAIN, IN_BF16, LIGHTNING = BLOCKS


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint as training writes it, of a network with random weights."""
    from pytorch_lightning import Trainer

    config = {
        "model": {"_target_": "lungseg.models.unet.UNet", "depth": 3, "base_channels": 16},
        "intensity": {"_target_": "lungseg.data.intensity.Window", "lower": -1000, "upper": 400},
        "metrics": {"threshold": 0.4},
    }
    torch.manual_seed(5)
    net = UNet(depth=3, base_channels=16)
    with torch.no_grad():
        for name, buffer in net.named_buffers():
            if "running" in name:
                buffer.uniform_(0.5, 1.5)
    record = {"config": config, "split": {}, "cohort_sha256": "0"}
    module = SegmentationModule(net, ComboLoss(), sets=["train", "test"], record=record)
    trainer = Trainer(logger=False, accelerator="cpu", enable_checkpointing=False)
    trainer.strategy.connect(module)
    file = tmp_path / "RUN" / "checkpoints" / "last.ckpt"
    trainer.save_checkpoint(file)
    return file


def run(block, file):
    names = {}
    exec(block.replace("RUN/checkpoints/last.ckpt", str(file)), names)
    return names


def test_both_ways_give_the_weights_that_lungseg_restores(checkpoint):
    content = torch.load(checkpoint, weights_only=True)
    ours = restore(content, checkpoint, ["test"], 0.4).eval()
    plain, lightning = run(PLAIN, checkpoint), run(LIGHTNING, checkpoint)
    image = torch.rand(1, 1, 32, 32)
    with torch.inference_mode():
        expected = ours(image)
        assert torch.equal(plain["net"](image), expected)
        assert torch.equal(lightning["module"].eval()(image), expected)
        zero = ours(torch.zeros(1, 1, 512, 512))  # -1000 HU becomes 0
    torch.testing.assert_close(plain["logits"], zero)
    assert torch.equal(plain["mask"], plain["logits"].sigmoid() >= 0.4)


def test_in_the_precision_of_an_evaluation(checkpoint):
    """As Lightning computes it, bit by bit; in float32 the numbers are others."""
    from pytorch_lightning import Trainer

    hu = torch.randint(-1000, 400, (1, 1, 64, 64), generator=torch.Generator().manual_seed(0))
    given = re.sub(r"hu = .*", "hu = HU", PLAIN)
    names = {"HU": hu}
    exec(given.replace("RUN/checkpoints/last.ckpt", str(checkpoint)), names)
    in_float32 = names["logits"]
    exec(IN_BF16, names)

    ours = restore(torch.load(checkpoint, weights_only=True), checkpoint, ["test"], 0.4).eval()
    trainer = Trainer(
        logger=False, accelerator="cpu", precision="bf16-mixed", enable_checkpointing=False
    )
    with torch.inference_mode(), trainer.precision_plugin.forward_context():
        logits = ours((hu + 1000) / 1400)
    assert logits.dtype == names["logits"].dtype == torch.bfloat16
    assert torch.equal(names["logits"], logits)
    assert torch.equal(names["mask"], ours.predict_mask(logits))
    assert not torch.equal(in_float32, logits.float())
