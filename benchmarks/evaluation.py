"""The whole evaluation without inference, compared with scikit-learn and loops over slices.

Twelve cases of 512x512 slices, 527 slices in all, with realistic lungs and a prediction as good as
that of a trained U-Net. Both sides read the same scores and masks from a file, one batch at a time.

- scikit-learn: `precision_recall_curve` on all pixels, and for each slice `f1_score` and
  `accuracy_score`; recall, specificity and precision from one `confusion_matrix` per slice.
- ours: every number of ``lungseg evaluate``: counts, histogram, surfaces of both lungs and of each
  lung in 3-D, and all intervals. Figures and page are not included.
- ours without surfaces: the same numbers as scikit-learn's.

Each side runs in a process of its own, so that its peak memory can be measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory import peak_mib

SIZE, BATCH = 512, 3
SLICES = [44] * 11 + [43]
SPACING = (3.0, 0.98, 0.98)


def write_slices(folder: Path, n_slices: list[int]) -> None:
    """Logits (float32) and masks (bool) of all slices, one after another, in two files."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    with (folder / "logits").open("wb") as logits, (folder / "masks").open("wb") as masks:
        for n in n_slices:
            for z in range(n):
                # The lowest third and the uppermost slices of a scan contain no lung.
                height = float(np.sin(np.pi * np.clip((z / n - 0.35) / 0.55, 0, 1)))
                inside = np.full((SIZE, SIZE), -1.0, np.float32)
                for centre in (160, 352):
                    distance = np.hypot((y - 256) / 110, (x - centre) / 70)
                    inside = np.maximum(inside, height - distance)
                # Errors along the edge, as a trained network makes them, and noise everywhere.
                edge = 0.02 * np.sin(y / 9 + z) * np.cos(x / 7)
                noise = random.standard_normal((SIZE, SIZE), np.float32)
                (60 * (inside + edge) + noise).clip(-12, 12).tofile(logits)
                (inside > 0).tofile(masks)


def batches(folder: Path, n_slices: list[int]) -> Any:
    """Case, z, logits ``[B, y, x]`` and mask, one batch at a time."""
    keys = [(case, z) for case, n in enumerate(n_slices) for z in range(n)]
    with (folder / "logits").open("rb") as logits, (folder / "masks").open("rb") as masks:
        for start in range(0, len(keys), BATCH):
            part = keys[start : start + BATCH]
            yield (
                part,
                *(
                    np.fromfile(file, kind, len(part) * SIZE * SIZE).reshape(-1, SIZE, SIZE)
                    for file, kind in ((logits, np.float32), (masks, bool))
                ),
            )


def scikit_learn(folder: Path, n_slices: list[int]) -> dict[str, float]:
    from sklearn.metrics import (
        accuracy_score,
        auc,
        confusion_matrix,
        f1_score,
        precision_recall_curve,
    )

    dsc, accuracy, scores, target = [], [], [], []
    pooled = np.zeros((2, 2), np.int64)
    for _, logits, masks in batches(folder, n_slices):
        for score, mask in zip(logits, masks, strict=True):
            called = score >= 0
            if mask.any():
                dsc.append(f1_score(mask.ravel(), called.ravel()))
            accuracy.append(accuracy_score(mask.ravel(), called.ravel()))
            pooled += confusion_matrix(mask.ravel(), called.ravel(), labels=[False, True])
            scores.append(score.ravel())
            target.append(mask.ravel())
    precision, recall, _ = precision_recall_curve(np.concatenate(target), np.concatenate(scores))
    return {
        "pr_auc": float(auc(recall, precision)),
        "dsc_mean_nonempty": float(np.mean(dsc)),
        "accuracy_mean": float(np.mean(accuracy)),
        "recall": float(pooled[1, 1] / pooled[1].sum()),
    }


def ours(folder: Path, n_slices: list[int], *, surfaces: bool = True) -> dict[str, float]:
    import torch

    from lungseg.metrics.counts import SliceCounts
    from lungseg.metrics.histogram import ScoreHistogram
    from lungseg.metrics.stream import CaseStream
    from lungseg.metrics.summary import summarize_cases, summarize_scores, summarize_slices

    counts, histogram = SliceCounts(), ScoreHistogram()
    cases = CaseStream(n_slices, [SPACING] * len(n_slices))
    for keys, logits, masks in batches(folder, n_slices):
        scores, target = torch.from_numpy(logits), torch.from_numpy(masks)
        called = scores >= 0
        case, z = zip(*keys, strict=True)
        counts.update(called, target, case, z)
        histogram.update(scores, target)
        if surfaces:
            for number, prediction, reference in zip(case, called.numpy(), masks, strict=True):
                cases.add(number, prediction, reference)
    numbers = {
        **summarize_slices(counts.compute().numpy(), "zero"),
        **summarize_scores(histogram.compute().numpy()),
        **summarize_cases(list(cases.numbers().values())),
    }
    names = ("pr_auc", "dsc_mean_nonempty", "accuracy_mean", "recall")
    return {name: numbers[name]["value"] for name in names}


SIDES = {
    "scikit-learn": scikit_learn,
    "ours": ours,
    "ours without surfaces": partial(ours, surfaces=False),
}


def measured(side: str, folder: Path, n_slices: list[int]) -> dict[str, Any]:
    """Seconds and peak memory (MiB above that after the imports) of one side."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.evaluation", side, str(folder), json.dumps(n_slices)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    measurement: dict[str, Any] = json.loads(done.stdout)
    return measurement


def one_side(side: str, folder: Path, n_slices: list[int]) -> None:
    """Run one side in this process and print its time, memory and numbers as JSON."""
    import sklearn.metrics  # noqa: F401
    import torch

    import lungseg.metrics.counts
    import lungseg.metrics.stream
    import lungseg.metrics.summary  # noqa: F401

    # Both sides compute in one thread; ours also scores finished cases in other threads.
    torch.set_num_threads(1)
    before, start = peak_mib(), time.perf_counter()
    numbers = SIDES[side](folder, n_slices)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "mib": peak_mib() - before, "numbers": numbers}))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_slices(folder, SLICES)
        theirs, here, same = (measured(side, folder, SLICES) for side in SIDES)
        for key, value in theirs["numbers"].items():
            assert abs(value - here["numbers"][key]) < 1e-4, (key, value, here["numbers"][key])
        print(
            f"evaluation of {sum(SLICES)} slices of {SIZE}x{SIZE} without inference:"
            f" scikit-learn and loops {theirs['seconds']:.1f} s, {theirs['mib']:,.0f} MiB"
        )
        for name, one in (("ours, with surfaces", here), ("ours, the same numbers", same)):
            print(
                f"  {name}: {one['seconds']:.2f} s, {one['mib']:,.0f} MiB:"
                f" ratio {theirs['seconds'] / one['seconds']:.1f} in time,"
                f" {theirs['mib'] / one['mib']:.1f} in memory"
            )
        half = measured("ours", folder, SLICES[: len(SLICES) // 2])
        print(f"memory for half the slices: {half['mib']:,.0f} MiB, for all {here['mib']:,.0f} MiB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one_side(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
    else:
        main()
