"""Reading 10,000 DICOM headers in a tree, and preparing 1,000 unchanged cases again.

- headers: ``lungseg.dicom.tree.scan`` compared with ``pydicom.dcmread(stop_before_pixels=True)`` of
  each file, one after the other in one process.
- unchanged: the second ``prepare`` of 1,000 cases of 100 files each, up to the cohort that a
  training receives.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom

from lungseg.phantom import write_cohort

N_FILES = 10_000
N_CASES, N_SLICES, SIDE = 1_000, 99, 32  # and a mask for each case
ROUNDS = 3


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def tree(folder: Path) -> Path:
    """10,000 files with headers of the synthetic cohort and small slices."""
    write_cohort(folder / "source", n_cases=1, size=64, n_slices=36)
    slices = sorted((folder / "source" / "Images" / "Case_000").iterdir())
    target = folder / "tree"
    for k in range(N_FILES):
        copy = target / f"{k // 100}" / f"I{k % 100:03d}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(slices[k % len(slices)].read_bytes())
    return target


def headers(folder: Path) -> None:
    from lungseg.dicom.tree import scan

    root = tree(folder)
    files = [Path(top) / name for top, _, names in os.walk(root) for name in names]

    def with_pydicom() -> None:
        for file in files:
            pydicom.dcmread(file, stop_before_pixels=True)

    pairs = [(seconds(lambda: scan(root)), seconds(with_pydicom)) for _ in range(ROUNDS)]
    ratio = statistics.median(other / ours for ours, other in pairs)
    ours, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(
        f"headers of {len(files)} files: {ours:.2f} s, pydicom one by one {other:.2f} s:"
        f" {ratio:.1f} times faster"
    )


def cohort(folder: Path) -> Path:
    """1,000 cases of 99 slices; the files of each are links to those of one case."""
    write_cohort(folder / "one", n_cases=1, size=SIDE, n_slices=N_SLICES)
    images = folder / "one" / "Images" / "Case_000"
    mask = folder / "one" / "Segmentations" / "Case_000_seg.npz"
    root = folder / "cohort"
    (root / "Segmentations").mkdir(parents=True)
    for k in range(N_CASES):
        case = root / "Images" / f"Case_{k:04d}"
        case.mkdir(parents=True)
        for file in images.iterdir():
            os.link(file, case / file.name)
        os.link(mask, root / "Segmentations" / f"Case_{k:04d}_seg.npz")
    return root


def nothing_changed(folder: Path) -> None:
    from lungseg.data.parallel import Parallel
    from lungseg.data.prepare import prepare
    from lungseg.data.rules import Rules
    from lungseg.report.audit_files import AUDIT
    from lungseg.sources.lctsc import LctscFolder

    root = cohort(folder)
    # All are copies of one patient.
    settings = {"rules": Rules({"error": "warn"}, patients="case"), "pages": AUDIT}
    first = seconds(
        lambda: prepare(LctscFolder(root), folder / "store", parallel=Parallel(2), **settings)
    )
    again = [
        seconds(lambda: prepare(LctscFolder(root), folder / "store", **settings))
        for _ in range(ROUNDS)
    ]
    print(
        f"{N_CASES} cases, {N_CASES * (N_SLICES + 1)} files: prepared in {first:.0f} s, again"
        f" without changes in {np.median(again):.2f} s: ratio {first / np.median(again):.0f}"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        headers(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        nothing_changed(Path(folder))


if __name__ == "__main__":
    main()
