"""Preparing the three real cases, against two readers that check nothing.

- SimpleITK: its series reader (GDCM order), then ``np.savez_compressed`` of image and mask.
- MONAI: ``LoadImage`` on the same folders; it writes nothing.
- ours: ``lungseg prepare``'s work: DICOM and npz to aligned Zarr, with hashes, previews and audit.

The files are rewritten uncompressed first: two of the cases are deflated, which would time zlib.
Each side runs in a process of its own, imports left out; the peak of memory is that of the process
above what it held after its imports.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

REAL = Path(os.environ.get("LUNGSEG_REALDATA", Path(__file__).parents[2] / "shared" / "data"))
ROUNDS = 3


def uncompressed(source: Path, target: Path) -> None:
    import pydicom
    from pydicom.uid import ExplicitVRLittleEndian

    shutil.copytree(source / "Segmentations", target / "Segmentations")
    for file in (source / "Images").rglob("*.dcm"):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        dataset = pydicom.dcmread(file)
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.save_as(copy)


def simple_itk(root: Path, out: Path) -> float:
    import SimpleITK as sitk

    start = time.perf_counter()
    for folder in sorted((root / "Images").iterdir()):
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
        image = sitk.GetArrayFromImage(reader.Execute())
        with np.load(root / "Segmentations" / f"{folder.name}_seg.npz") as arrays:
            np.savez_compressed(out / folder.name, image=image, mask=arrays["masks"])
    return time.perf_counter() - start


def monai(root: Path, out: Path) -> float:
    from monai.transforms import LoadImage

    load = LoadImage()
    start = time.perf_counter()
    for folder in sorted((root / "Images").iterdir()):
        load(str(folder))
    return time.perf_counter() - start


def ours(root: Path, out: Path) -> float:
    import scipy.ndimage
    import zarr

    from lungseg.apps.prepare import AUDIT
    from lungseg.data.prepare import prepare
    from lungseg.data.sources.lctsc import LctscFolder

    assert scipy.ndimage
    assert zarr  # imported before the clock starts
    global baseline
    baseline = peak_kib()
    start = time.perf_counter()
    prepare(LctscFolder(root), out / "store", pages=AUDIT)
    return time.perf_counter() - start


baseline = 0


def peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def alone(side: str, root: Path) -> dict[str, float]:
    """Seconds and peak of memory of one side in a process of its own."""
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.prepare", side, str(root), out],
            capture_output=True,
            text=True,
            check=True,
        )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    source = REAL / "lctsc"
    if not source.is_dir():
        print("preparing: skipped, the real CT is not there")
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "lctsc"
        uncompressed(source, root)
        rounds = [
            {side: alone(side, root) for side in ("ours", "simple_itk", "monai")}
            for _ in range(ROUNDS)
        ]
    times = {side: statistics.median(one[side]["seconds"] for one in rounds) for side in rounds[0]}
    for side, name in (("simple_itk", "SimpleITK and savez_compressed"), ("monai", "MONAI")):
        share = statistics.median(one["ours"]["seconds"] / one[side]["seconds"] for one in rounds)
        print(
            f"preparing three real cases: {times['ours']:.2f} s, {name} {times[side]:.2f} s:"
            f" {share:.2f} of it"
        )
    peak = max(one["ours"]["peak_mib"] for one in rounds)
    slices = max(len(list(case.iterdir())) for case in (source / "Images").iterdir())
    volume = slices * 512 * 512 * 2 / 2**20
    print(
        f"  peak memory {peak:.0f} MiB above the imports: {peak / volume:.2f} of the largest"
        f" volume ({volume:.0f} MiB)"
    )


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        side, root, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
        seconds = {"ours": ours, "simple_itk": simple_itk, "monai": monai}[side](root, out)
        print(json.dumps({"seconds": seconds, "peak_mib": (peak_kib() - baseline) / 1024}))
