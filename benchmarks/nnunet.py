"""nnU-Net on our cases and folds: exported, trained for one epoch, predicted, scored by both.

nnU-Net has an environment of its own, never ours, whose programs have to be on the PATH:

    python -m venv /tmp/nnunet
    /tmp/nnunet/bin/pip install nnunetv2
    PATH=/tmp/nnunet/bin:$PATH python -m benchmarks.nnunet

The cases are synthetic and small, so that it runs on two cores. What is checked is the way there
and back: nnU-Net takes the data set and our folds, and its own Dice of its masks is ours to 1e-6.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DATASET, NUMBER, CONFIGURATION = "Dataset501_Lungs", "501", "2d"
TRAINER = "nnUNetTrainer_1epoch"
FOLD, FOLDS, CASES = 0, 3, 6
CLOSE = 1e-6
COHORT = (
    *("data=phantom", "data.size=48", "data.n_slices=20", f"data.n_cases={CASES}"),
    *("data.store=store", "split=kfold", f"split.k={FOLDS}"),
)
PROGRAMS = (
    "nnUNetv2_plan_and_preprocess", "nnUNetv2_train", "nnUNetv2_predict", "nnUNetv2_evaluate_simple"
)  # fmt: skip


def missing() -> str | None:
    """Why nnU-Net cannot be run here; None where it can."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if not absent:
        return None
    return (
        f"skipped: {absent[0]} is not on the PATH; install nnunetv2 in an environment of its own,"
        " as the first lines of benchmarks/nnunet.py say"
    )


def lungseg(folder: Path, *words: str) -> None:
    """Run one of our commands in a folder."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        [sys.executable, "-m", "lungseg", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        check=True,
    )


class NnUNet:
    """Runs nnU-Net's programs in a folder, with a log of what they print."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "nnunet.log"
        places = {"raw": "raw", "preprocessed": "preprocessed", "results": "results"}
        self.environment = {
            **{key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
            **{f"nnUNet_{name}": str(folder / place) for name, place in places.items()},
            # Each process of nnU-Net imports all of its libraries.
            "nnUNet_n_proc_DA": "1",
            "nnUNet_def_n_proc": "1",
        }

    def __call__(self, program: str, *words: str) -> float:
        """Run one; give the seconds that it took."""
        start = time.perf_counter()
        with self.log.open("ab") as log:
            done = subprocess.run(
                [program, *words], env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        if done.returncode:
            raise SystemExit(f"{program} failed:\n{self.log.read_text()[-3000:]}")
        return time.perf_counter() - start


def run(folder: Path) -> tuple[dict[str, float], list[str]]:
    """All steps; seconds of each, and names of the fold's test cases."""
    start = time.perf_counter()
    lungseg(folder, "export", "dataset=nnunet", *COHORT, f"output=raw/{DATASET}")
    seconds = {"export": time.perf_counter() - start}
    nnunet, raw = NnUNet(folder), folder / "raw" / DATASET
    seconds["plan and preprocess"] = nnunet(
        PROGRAMS[0], *("-d", NUMBER, "-c", CONFIGURATION, "-np", "1", "-npfp", "1"),
        "--verify_dataset_integrity",
    )  # fmt: skip
    shutil.copy(raw / "splits_final.json", folder / "preprocessed" / DATASET)
    seconds["train one epoch"] = nnunet(
        PROGRAMS[1], NUMBER, CONFIGURATION, str(FOLD), "-tr", TRAINER, "-device", "cpu"
    )
    tested = json.loads((raw / "splits_final.json").read_text())[FOLD]["val"]
    for name, file in (("images", "{}_0000.nii.gz"), ("labels", "{}.nii.gz")):
        (folder / name).mkdir()
        for case in tested:
            shutil.copy(raw / f"{name}Tr" / file.format(case), folder / name)
    seconds["predict"] = nnunet(
        PROGRAMS[2], *("-i", str(folder / "images"), "-o", str(folder / "masks"), "-d", NUMBER),
        *("-c", CONFIGURATION, "-f", str(FOLD), "-tr", TRAINER, "-device", "cpu"),
        *("-npp", "1", "-nps", "1"),
    )  # fmt: skip
    seconds["evaluate"] = nnunet(
        PROGRAMS[3], *(str(folder / "labels"), str(folder / "masks"), "-l", "1", "-np", "1"),
        *("-o", str(folder / "summary.json")),
    )  # fmt: skip
    return seconds, tested


def theirs(summary: Path) -> dict[str, float]:
    """Dice by case, as a ``summary.json`` of nnU-Net says."""
    rows: list[dict[str, Any]] = json.loads(summary.read_text())["metric_per_case"]
    return {
        Path(row["prediction_file"]).name.removesuffix(".nii.gz"): row["metrics"]["1"]["Dice"]
        for row in rows
    }


def ours(folder: Path, masks: Path) -> dict[str, float]:
    """Dice by case of the masks in a folder, as ``evaluate predictions=`` scores them."""
    run = f"scored_{masks.name}"
    lungseg(
        folder, "evaluate", f"predictions={masks}", *COHORT, f"split.fold={FOLD}", "report=false",
        f"hydra.run.dir={run}",
    )  # fmt: skip
    with (folder / run / "evaluation" / "cases.csv").open() as file:
        return {row["case"]: float(row["dsc"]) for row in csv.DictReader(file)}


def main() -> None:
    if reason := missing():
        print(f"nnU-Net: {reason}")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds, tested = run(folder)
        scores = ours(folder, folder / "masks")
        results = next((folder / "results" / DATASET).glob(f"{TRAINER}*/fold_{FOLD}/validation"))
        files = {"predict": folder / "summary.json", "its validation": results / "summary.json"}
        found = {what: theirs(file) for what, file in files.items()}
        validated = ours(folder, results)
    print(f"nnU-Net on fold {FOLD} of {FOLDS}, {CASES} synthetic cases of 48x48, one epoch:")
    print("  " + "; ".join(f"{step} {taken:.0f} s" for step, taken in seconds.items()))
    for what, own in (("predict", scores), ("its validation", validated)):
        assert set(found[what]) == set(tested), f"{what}: other cases than those of our fold"
        apart = max(abs(own[case] - found[what][case]) for case in tested)
        shown = ", ".join(f"{case} {own[case]:.6f}" for case in tested)
        print(f"  {what}: Dice {shown}; nnU-Net's own differs by {apart:.1e} at most")
        assert apart <= CLOSE


if __name__ == "__main__":
    main()
