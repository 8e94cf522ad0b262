"""Two processes that share a batch make the gradients and statistics of one."""

import pytest
import torch
from torch import multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

from lungseg.losses import BCELoss, ComboLoss, DiceLoss, TverskyLoss
from lungseg.models.unet import UNet
from lungseg.training.module import _share
from lungseg.training.sync_batchnorm import SyncBatchNorm
from tests.backends import BACKENDS, meet

LOSSES = {
    "combo": ComboLoss(alpha=0.3, beta=0.7),
    "by sample": ComboLoss(reduction="sample"),
    "bce": BCELoss(),
    "slices with lung": DiceLoss(reduction="sample", empty="skip"),
    "tversky": TverskyLoss(gamma=0.75),
}
SIZES = (4, 5, 1)  # 2 + 2, 3 + 2, and one process with nothing


class Module(nn.Module):
    """As much of a LightningModule as the plugin asks for."""

    def __init__(self, device="cpu"):
        super().__init__()
        torch.manual_seed(1)
        self.net = UNet(depth=2, base_channels=2).double()
        self.trainer = type("Trainer", (), {})
        self.trainer.strategy = type("Strategy", (), {"root_device": torch.device(device)})
        self.to(device)

    def forward(self, image):
        return self.net(image)


def batch(size):
    random = torch.Generator().manual_seed(size)
    image = torch.randn(size, 1, 8, 8, dtype=torch.float64, generator=random)
    mask = (torch.rand(image.shape, generator=random) > 0.6).byte()
    mask[3:4] = 0  # a slice without lung
    return image, mask


def step(module, loss, image, mask):
    """Gradients and running statistics after a step, and the loss."""
    value = _share(loss(module(image), mask), len(mask))
    value.backward()
    found = {name: weights.grad for name, weights in module.named_parameters()}
    found |= {name: values.clone() for name, values in module.named_buffers()}
    return {name.removeprefix("module."): values.cpu() for name, values in found.items()}


def process(rank, backend, folder):
    device = meet(backend, f"{folder}/meeting", rank)
    found = {}
    for name, loss in LOSSES.items():
        for size in SIZES:
            module = Module(device)
            keys = list(module.state_dict())
            module = SyncBatchNorm().apply(module)
            assert list(module.state_dict()) == keys
            together = DistributedDataParallel(module)
            image, mask = (whole[rank::2].to(device) for whole in batch(size))
            found[name, size] = step(together, loss, image, mask)
            module = SyncBatchNorm().revert(module)
            assert all("forward" not in vars(layer) for layer in module.modules())
    torch.save(found, f"{folder}/{rank}.pt")


@pytest.fixture(scope="module")
def found(backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    multiprocessing.spawn(process, (backend, str(folder)), nprocs=2)
    return [torch.load(folder / f"{rank}.pt") for rank in (0, 1)]


@pytest.mark.slow
@BACKENDS
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("size", SIZES)
def test_gradients_and_running_statistics(found, name, size):
    expected = step(Module(), LOSSES[name], *batch(size))
    for rank in (0, 1):
        assert found[rank][name, size].keys() == expected.keys()
        for key, values in found[rank][name, size].items():
            torch.testing.assert_close(values, expected[key], rtol=1e-9, atol=1e-12, msg=key)
