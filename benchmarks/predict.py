"""A 512x512x130 scan from DICOM files to masks, beside the network of lungmask alone.

- ours: ``lungseg predict`` of one scan, all included: reading, the report's U-Net, sides, doubt,
  DICOM-SEG and NIfTI, pictures.
- theirs: the U-Net of lungmask's R231 (five levels, 64 to 1024 channels, batch norm, bilinear
  upsampling; Hofmanninger et al. 2020), random weights, fp32, 256x256 in batches of 20, without
  reading, cropping and post-processing.

Each side runs in a process of its own, so that its peak memory can be measured.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.memory import peak_mib

SIZE, SLICES = 512, 130
BATCH = 20
ROUNDS = 2
MODELS = {
    "model.ckpt": "PyTorch, precision as in training",
    "fp32.onnx": "ONNX Runtime",
    "int8.onnx": "ONNX Runtime, int8",
}
STEPS = 60
SAMPLE = 40
"""Slices through the larger network, whose time is proportional to their number."""


def write_scan(folder: Path) -> int:
    """A synthetic chest as DICOM; the number of its slices."""
    from lungseg.phantom.cases import make_case
    from lungseg.phantom.files import write_case

    case = make_case(0, size=SIZE, n_slices=SLICES, seed=0)
    write_case(case, folder, 0)
    return len(case.image)


def write_checkpoint(file: Path) -> None:
    """The report's network, trained for seconds: noise would make masks like no other."""
    import torch
    from pytorch_lightning import Trainer

    from lungseg.data.intensity import Window
    from lungseg.losses import ComboLoss
    from lungseg.models.unet import UNet
    from lungseg.phantom.cases import make_case
    from lungseg.training.module import SegmentationModule

    config = {
        "model": {"_target_": "lungseg.models.unet.UNet", "depth": 3, "base_channels": 16},
        "intensity": {"_target_": "lungseg.data.intensity.Window", "lower": -1000, "upper": 400},
        "metrics": {"threshold": 0.5},
        "trainer": {"precision": "auto"},
        "data": {"batch_size": 3},
    }
    torch.manual_seed(0)
    net, loss = UNet().train(), ComboLoss()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for k in range(STEPS):
        case = make_case(k % 8, size=128, n_slices=12, seed=0)
        image = Window(-1000, 400)(torch.from_numpy(case.image)).unsqueeze(1)
        optimizer.zero_grad()
        loss(net(image), torch.from_numpy(case.mask.astype("float32")).unsqueeze(1)).backward()
        optimizer.step()
    record = {"config": config, "split": {}, "cohort_sha256": "0"}
    module = SegmentationModule(net, sets=["test"], record=record)
    trainer = Trainer(logger=False, accelerator="cpu", enable_checkpointing=False)
    trainer.strategy.connect(module)
    trainer.save_checkpoint(file)


def write_exported(folder: Path) -> None:
    """The same network as ONNX, in fp32 and int8, calibrated on slices of the scan itself."""
    import numpy as np

    from lungseg.inference.export import to_onnx
    from lungseg.inference.model import Model, load_model
    from lungseg.inference.quantize import to_int8
    from lungseg.sources.scans import find_scans

    model = load_model(folder / "model.ckpt", device="cpu")
    assert isinstance(model, Model)
    content = to_onnx(model)
    voxels = find_scans(folder / "scan", str).scans[0].read().volume.voxels
    slices = (voxels[z].astype(np.float32)[None, None] for z in range(0, len(voxels), 5))
    (folder / "fp32.onnx").write_bytes(content)
    (folder / "int8.onnx").write_bytes(to_int8(content, slices))


def ours(folder: Path, name: str) -> dict[str, float]:
    from lungseg.inference.output import Output
    from lungseg.inference.work import Work, predict_one
    from lungseg.report.predictions import draw
    from lungseg.sources.scans import find_scans

    (folder / "masks").mkdir(exist_ok=True)
    arguments = {"postprocess": {"_target_": "lungseg.inference.postprocess.Lungs"}}
    output = Output(folder / "masks", ("0",), {})
    work = Work((folder / name,), arguments, ("seg", "nifti"), False, False, output, draw)
    small, scan = (find_scans(folder / name, str).scans[0] for name in ("small", "scan"))
    assert not predict_one(work, small).reason  # imports and loads
    before, start = peak_mib(), time.perf_counter()
    outcome = predict_one(work, scan)
    assert not outcome.reason, outcome.reason
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "mib": peak_mib() - before}


def theirs(folder: Path, name: str) -> dict[str, float]:
    import torch

    net = r231().eval()
    images = torch.rand(BATCH, 1, 256, 256)
    with torch.inference_mode():
        net(images[:2])
        start = time.perf_counter()
        for _ in range(SAMPLE // BATCH):
            net(images)
    return {"seconds": (time.perf_counter() - start) / SAMPLE, "mib": 0}


def r231() -> Any:
    """The architecture of lungmask's R231."""
    import torch
    from torch import nn

    def block(inside: int, outside: int) -> nn.Sequential:
        layers: list[nn.Module] = []
        for channels in (inside, outside):
            layers += [
                nn.Conv2d(channels, outside, 3, padding=1),
                nn.ReLU(),
                nn.BatchNorm2d(outside),
            ]
        return nn.Sequential(*layers)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            width = [64 * 2**k for k in range(5)]
            self.down = nn.ModuleList(map(block, [1, *width], width))
            self.up = nn.ModuleList(
                nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(2 * w, w, 1))
                for w in width[-2::-1]
            )
            self.join = nn.ModuleList(block(2 * w, w) for w in width[-2::-1])
            self.last = nn.Conv2d(64, 3, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            skipped = []
            for k, down in enumerate(self.down):
                x = down(x)
                if k < len(self.down) - 1:
                    skipped.append(x)
                    x = nn.functional.avg_pool2d(x, 2)
            for up, join in zip(self.up, self.join, strict=True):
                x = join(torch.cat([up(x), skipped.pop()], dim=1))
            result: torch.Tensor = self.last(x)
            return result

    return Net()


def measured(side: str, folder: Path, name: str = "") -> dict[str, float]:
    call = f"{side}(Path({str(folder)!r}), {name!r})"
    code = f"from benchmarks.predict import *; print(json.dumps({call}))"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    from lungseg.phantom.cases import make_case
    from lungseg.phantom.files import write_case

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        n = write_scan(folder / "scan")
        write_case(make_case(1, size=32, n_slices=12, seed=0), folder / "small", 1)
        write_checkpoint(folder / "model.ckpt")
        write_exported(folder)
        rounds = [
            {name: measured("ours", folder, name) for name in MODELS}
            | {"r231": measured("theirs", folder)}
            for _ in range(ROUNDS)
        ]
    volume = SIZE * SIZE * n * 2 / 2**20
    other = statistics.median(one["r231"]["seconds"] * n for one in rounds)
    print(
        f"a scan of {SIZE}x{SIZE}x{n} from files to masks; the network of lungmask's R231 alone"
        f" takes {other:.1f} s:"
    )
    for name, text in MODELS.items():
        seconds = statistics.median(one[name]["seconds"] for one in rounds)
        ratio = statistics.median(
            one["r231"]["seconds"] * n / one[name]["seconds"] for one in rounds
        )
        mib = max(one[name]["mib"] for one in rounds)
        print(
            f"  {text}: {seconds:.1f} s: ratio {ratio:.1f}; peak memory {mib:.0f} MiB above the"
            f" loaded model, {mib / volume:.1f} volumes"
        )


if __name__ == "__main__":
    main()
