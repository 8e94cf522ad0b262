"""What torch.compile makes of a training step: 512x512, batch 3, the report's U-Net and loss.

On the CPU, in fp32 and in bf16. Steps of both sides take turns, and the first of the compiled one,
which compiles, is shown apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch

from benchmarks.paired import ratios
from lungseg.losses import ComboLoss
from lungseg.models.unet import UNet

SIZE, BATCH = 512, 3
ROUNDS = 5


def stepper(device: str, size: int, batch: int, bf16: bool, compiled: bool) -> Callable[[], float]:
    """A function that takes one training step, channels-last, and returns its seconds."""
    torch.manual_seed(0)
    net = UNet().to(device, memory_format=torch.channels_last)
    if compiled:
        net.compile()
    optimizer, loss = torch.optim.SGD(net.parameters(), lr=0.1), ComboLoss()
    image = torch.rand(batch, 1, size, size, device=device)
    image = image.contiguous(memory_format=torch.channels_last)
    mask = (image > 0.7).to(torch.uint8)

    def step() -> float:
        start = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            value = loss(net(image), mask)
        value.backward()
        optimizer.step()
        if device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    return step


def main() -> None:
    for bf16 in (False, True):
        make = partial(stepper, "cpu", SIZE, BATCH, bf16)
        plain, compiled = make(False), make(True)
        plain()
        first = compiled()
        ours, theirs, ratio = ratios(plain, compiled, ROUNDS)
        print(
            f"training step, {SIZE}x{SIZE}, batch {BATCH}, {'bf16' if bf16 else 'fp32'},"
            f" {torch.get_num_threads()} threads: as written {ours:.2f} s, torch.compile"
            f" {theirs:.2f} s (the first {first:.0f} s): ratio {ratio:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
