"""What tests on a CPU run on GPUs as well, where there are any."""

from datetime import timedelta

import pytest
import torch

BACKENDS = pytest.mark.parametrize(
    "backend",
    [
        "gloo",
        pytest.param(
            "nccl",
            marks=pytest.mark.skipif(
                torch.cuda.device_count() < 2, reason="NCCL needs two GPUs on this machine"
            ),
        ),
    ],
    scope="module",
)

DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine"),
    ),
]


def meet(backend, file, rank):
    """Join the other process; the device on which this one computes."""
    torch.distributed.init_process_group(
        backend,
        f"file://{file}",
        rank=rank,
        world_size=2,
        timeout=timedelta(seconds=60),  # Processes that wait for each other must not hang CI.
    )
    if backend == "gloo":
        return torch.device("cpu")
    torch.cuda.set_device(rank)
    return torch.device("cuda", rank)
