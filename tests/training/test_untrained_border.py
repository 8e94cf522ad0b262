"""A network is asked only for rows and columns that its training slices had."""

import numpy as np
import pytest
import torch
from torch import nn

from lungseg.cli import main
from lungseg.inference.model import load_model
from lungseg.models.padding import PADDING
from lungseg.models.unet import UNet
from lungseg.runs.checkpoint import load_checkpoint
from lungseg.runs.restore import restore
from lungseg.training.module import RECORD, SegmentationModule


class Border(nn.Module):
    """Lung in the last two rows and columns that it sees, where no mask of 6×6 pixels ever was."""

    size_multiple = 8

    def forward(self, image):
        logits = torch.full_like(image, -1.0)
        logits[..., -2:, :] = logits[..., :, -2:] = 1.0
        return logits


@pytest.mark.parametrize("size", [(6, 6), (8, 8), (7, 16), (14, 5), (30, 30)])
def test_an_image_of_another_size_has_none_of_the_border(size):
    module = SegmentationModule(Border(), sets=["test"], record={PADDING: [2, 2]}).eval()
    assert not module.predict_mask(module(torch.zeros(1, 1, *size))).any()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Of slices of 44×44 pixels, of which a U-Net of three halvings makes 48×48."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        words = "data.n_cases=3 data.n_slices=12 data.size=64 data.matrix_size=44 split=explicit"
        words += " split.test=[Case_002] trainer.max_epochs=1 report=false logger=none"
        assert main(["train", *words.split(), "hydra.run.dir=run"]) == 0
    return folder / "run" / "checkpoints" / "last.ckpt"


def test_a_training_records_how_its_slices_were_padded(checkpoint):
    assert load_checkpoint(checkpoint)[RECORD][PADDING] == [4, 4]


def test_whoever_loads_it_pads_by_as_much(checkpoint):
    """A slice that needs no padding gets that of the training, by hand."""
    image = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 1, 64, 64)).astype("f4"))
    in_lightning = SegmentationModule.load_from_checkpoint(
        checkpoint, net=UNet(), sets=["test"], map_location="cpu", weights_only=True, strict=False
    )
    padded = np.pad(image.numpy(), [(0, 0), (0, 0), (0, 8), (0, 8)], mode="edge")
    for module in (load_model(checkpoint, device="cpu").module, in_lightning.eval()):
        with torch.inference_mode():
            expected = module.net(torch.from_numpy(padded))[..., :64, :64]
            assert torch.equal(module(image), expected)
            assert not torch.equal(module(image), module.net(image))


def test_of_an_earlier_version_the_most_that_there_can_have_been_is_taken(checkpoint):
    content = load_checkpoint(checkpoint)
    del content[RECORD][PADDING]
    module = restore(content, checkpoint, ["test"], 0.5)
    assert module.record[PADDING] == [7, 7]
