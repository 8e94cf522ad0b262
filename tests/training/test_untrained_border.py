"""A network is not asked for pixels in whose place it never had a mask."""

import pytest
import torch
from torch import nn

from lungseg.models.padding import PADDING
from lungseg.training.module import SegmentationModule


class Border(nn.Module):
    """Lung in the last two rows and columns that it sees, where no mask of 6×6 pixels ever was."""

    size_multiple = 8

    def forward(self, image):
        logits = torch.full_like(image, -1.0)
        logits[..., -2:, :] = logits[..., :, -2:] = 1.0
        return logits


@pytest.mark.parametrize("size", [(6, 6), (8, 8), (7, 16), (14, 5), (30, 30)])
def test_an_image_of_another_size_has_none_of_the_border(size):
    module = SegmentationModule(Border(), sets=["test"], record={PADDING: [2, 2]})
    assert not module.predict_mask(module(torch.zeros(1, 1, *size))).any()


def test_a_checkpoint_of_an_earlier_version_records_nothing():
    module = SegmentationModule(Border(), sets=["test"])
    assert module.predict_mask(module(torch.zeros(1, 1, 8, 8))).sum() == 28
