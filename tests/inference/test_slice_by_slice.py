"""A network on a CPU gives the bits of the evaluation, and in bf16 takes a batch apart for it."""

import pytest
import torch

from lungseg.models.unet import UNet
from tests.inference.onnx_files import a_model

KINDS = {"bf16-mixed": (torch.bfloat16, [1, 1, 1]), "32-true": (None, [3])}


@pytest.mark.parametrize("precision", KINDS)
@pytest.mark.parametrize("size", [(128, 128), (96, 104)])
def test_the_bits_are_those_of_a_batch_as_it_is_evaluated(precision, size):
    torch.manual_seed(0)
    net = UNet(depth=3, base_channels=16)
    for layer in net.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0  # statistics of one batch, so that logits differ
    net(torch.rand(2, 1, 64, 64))
    model = a_model(net.eval(), precision)
    seen = []
    model.module.net.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    hu = torch.randint(-1000, 400, (3, 1, *size), dtype=torch.int16)
    logits = model.logits(hu)
    kind, batches = KINDS[precision]
    assert seen == batches
    batch = model.input(hu).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", kind, enabled=kind is not None):
        whole = model.module(batch).float()
    assert logits.std() > 0.05
    assert torch.equal(logits, whole)
