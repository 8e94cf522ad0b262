"""Preparation of the three real cases, compared with two readers that check nothing.

- SimpleITK: its series reader (GDCM order), then ``np.savez_compressed`` of image and mask.
- MONAI: ``LoadImage`` on the same folders; it writes nothing.
- ours: the work of ``lungseg prepare``: DICOM and npz to aligned Zarr, with hashes, previews and
  audit.

The files are first rewritten without compression: two of the cases are deflated, which would time
zlib. Each side runs in a process of its own and first prepares a tiny synthetic case, so imports
are not included. Peak memory is measured above that after the tiny case.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.memory import peak_mib
from lungseg.phantom import write_cohort

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


def simple_itk(root: Path, out: Path) -> None:
    import SimpleITK as sitk

    for folder in sorted((root / "Images").iterdir()):
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
        image = sitk.GetArrayFromImage(reader.Execute())
        with np.load(root / "Segmentations" / f"{folder.name}_seg.npz") as arrays:
            np.savez_compressed(out / folder.name, image=image, mask=arrays["masks"])


def monai(root: Path, out: Path) -> None:
    from monai.transforms import LoadImage

    load = LoadImage()
    for folder in sorted((root / "Images").iterdir()):
        load(str(folder))


def ours(root: Path, out: Path) -> None:
    from lungseg.data.prepare import prepare
    from lungseg.report.audit_files import AUDIT
    from lungseg.sources.lctsc import LctscFolder

    prepare(LctscFolder(root), out / "store", pages=AUDIT)


SIDES = {"ours": ours, "simple_itk": simple_itk, "monai": monai}


def timed(side: str, tiny: Path, root: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as warm, tempfile.TemporaryDirectory() as out:
        SIDES[side](tiny, Path(warm))
        before = peak_mib()
        start = time.perf_counter()
        SIDES[side](root, Path(out))
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "peak_mib": peak_mib() - before}


def alone(side: str, tiny: Path, root: Path) -> dict[str, float]:
    """Seconds and peak memory of one side in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.prepare", side, str(tiny), str(root)],
        capture_output=True,
        text=True,
        check=True,
    )
    measurement: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measurement


def main() -> None:
    source = REAL / "lctsc"
    if not source.is_dir():
        print("preparation: skipped, the real CT is not available")
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "lctsc"
        uncompressed(source, root)
        tiny = Path(folder) / "tiny"
        write_cohort(tiny, n_cases=1, size=32, n_slices=12)
        rounds = [{side: alone(side, tiny, root) for side in SIDES} for _ in range(ROUNDS)]
    times = {side: statistics.median(one[side]["seconds"] for one in rounds) for side in rounds[0]}
    for side, name in (("simple_itk", "SimpleITK and savez_compressed"), ("monai", "MONAI")):
        share = statistics.median(one["ours"]["seconds"] / one[side]["seconds"] for one in rounds)
        print(
            f"preparation of three real cases: {times['ours']:.2f} s, {name} {times[side]:.2f} s:"
            f" ratio {share:.2f}"
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
        print(json.dumps(timed(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
