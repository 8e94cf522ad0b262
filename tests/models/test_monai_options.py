"""MONAI's networks as our YAML describes them: a step of training, and back from a checkpoint."""

import copy

import pytest
import torch
from omegaconf import OmegaConf

from lungseg.config import build, conf_dir
from lungseg.losses import ComboLoss
from lungseg.models.padding import size_multiple
from lungseg.runs.recorded import build_recorded
from lungseg.training.module import SegmentationModule
from lungseg.training.probe import check_network

# Height and width must be multiples of this; FlexibleUNet takes all even numbers.
MULTIPLES = {
    "monai_dynunet": 32,
    "monai_flexible_unet": 2,
    "monai_segresnet": 8,
    "monai_swin_unetr": 32,
    "monai_unet": 8,
}
OPTIONS = sorted(MULTIPLES)


def node_of(option):
    if option == "monai_swin_unetr":
        pytest.importorskip("einops")
    return OmegaConf.to_container(OmegaConf.load(conf_dir() / "model" / f"{option}.yaml"))


def discs(side):
    """Slices with a dark disc of another size each, which is their mask."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    radii = torch.tensor([side / 3, side / 5]).view(2, 1, 1, 1)
    mask = ((y - side / 2) ** 2 + (x - side / 2) ** 2)[None, None].sqrt() < radii
    noise = torch.randn(mask.shape, generator=torch.Generator().manual_seed(0)) / 20
    return {
        "image": 0.7 - 0.5 * mask + noise,
        "mask": mask.byte(),
        "case": torch.arange(2),
        "z": torch.arange(2),
    }


def test_every_option_is_tried_here():
    assert {file.stem for file in (conf_dir() / "model").glob("monai_*.yaml")} == set(OPTIONS)


@pytest.mark.parametrize("option", OPTIONS)
def test_it_trains_and_comes_back_from_a_checkpoint(option, caplog):
    torch.manual_seed(0)
    node = node_of(option)
    net = build(node, "model")
    check_network(net, node)
    assert not caplog.messages
    assert size_multiple(net) == MULTIPLES[option]
    module = SegmentationModule(net, ComboLoss(), sets=["train"])
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3)
    before, batch, losses = copy.deepcopy(module.net.state_dict()), discs(50), []
    for _ in range(3):
        module.counts["train_set"].reset()
        loss = module.training_step(batch, 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    after = module.net.state_dict()
    moved = [name for name in before if not torch.equal(before[name], after[name])]
    assert len(moved) > 0.9 * len(before)
    assert module.table("train")[:, 2:].sum() == 2 * 50 * 50
    module.eval()
    rebuilt = SegmentationModule(build_recorded(node, "model"), sets=["train"]).eval()
    rebuilt.net.load_state_dict(after)
    with torch.no_grad():
        assert torch.equal(rebuilt(batch["image"]), module(batch["image"]))


def test_weights_of_photographs_are_not_fetched():
    node = node_of("monai_flexible_unet")
    assert node["pretrained"] is False
    recorded = build_recorded(node | {"pretrained": True}, "model")
    assert next(recorded.parameters()).shape[1] == 1  # theirs take three channels
