"""Draw docs/quick.png from a finished run: python docs/picture.py outputs/<date>/<time>."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from omegaconf import OmegaConf

from lungseg.config import build
from lungseg.data.store import open_arrays

mpl.use("Agg")
import matplotlib.pyplot as plt

BLUE, ORANGE = "#4aa8ff", "#ff9d2e"  # distinguishable with colour blindness, and from grey


def main(run: Path) -> None:
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    record = checkpoint["lungseg"]
    config = OmegaConf.create(record["config"])
    net = build(config.model, "model")
    weights = checkpoint["state_dict"]
    net.load_state_dict({k[4:]: v for k, v in weights.items() if k.startswith("net.")})
    net.eval()
    window = build(config.intensity, "intensity")

    figure, axes = plt.subplots(1, 5, figsize=(15, 3.2), width_ratios=[1, 1, 1, 1, 1.25])
    for axis, case, share in zip(
        axes, record["split"]["test"], (0.15, 0.4, 0.65, 0.95), strict=False
    ):
        image, mask = (np.asarray(array[:]) for array in open_arrays(record["store"], case))
        with_lung = np.flatnonzero(mask.any(axis=(1, 2)))
        z = int(with_lung[int(share * (len(with_lung) - 1))])
        x = window(torch.from_numpy(image[z]))[None, None]
        with torch.no_grad():
            predicted = net(x)[0, 0].numpy() >= 0
        axis.imshow(x[0, 0], cmap="gray", vmin=0, vmax=1)
        axis.contour(mask[z], [0.5], colors=BLUE, linewidths=1.6)
        axis.contour(predicted, [0.5], colors=ORANGE, linewidths=0.8)
        axis.set_title(f"{case}, slice {z} (synthetic)", fontsize=9)
        axis.axis("off")
        size = len(image[z])
        axis.set_xlim(0.1 * size, 0.9 * size)
        axis.set_ylim(0.88 * size, 0.12 * size)

    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    epochs = [int(row["epoch"]) + 1 for row in rows]
    for name, colour in (("train", BLUE), ("test", ORANGE)):
        axes[-1].plot(epochs, [float(row[f"{name}/dsc"]) for row in rows], color=colour, label=name)
    axes[-1].set(xlabel="epoch", ylabel="DSC, non-empty slices", ylim=(0.5, 1))
    axes[-1].legend(frameon=False, loc="lower right")
    axes[-1].spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(Path(__file__).parent / "quick.png", dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
