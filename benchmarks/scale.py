"""How time and memory of each command grow with the number of cases.

Cohorts of small synthetic cases are written as DICOM, and commands run on them as a user runs them:
``prepare`` twice, ``train`` for one epoch with all figures and pages, ``predict`` for all scans;
``compare`` over many runs, and ``prepare`` of one tree with many series. Steps of the commands are
measured where they are called (:mod:`benchmarks.steps`). Each command has a process of its own,
which first runs it on a tiny cohort: imports and other costs of a first call are not included.
Smaller cohorts, which take seconds, are measured three times: the median of the times is printed.

Times are CPU seconds, which other work on the machine changes least. Memory is the peak during a
step above what the process held before it. Both are printed per case, with the growth from the
second largest cohort to the largest. ``python -m benchmarks.scale 10 100`` measures other sizes.
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
from collections.abc import Sequence
from pathlib import Path

from benchmarks.pages import describe
from benchmarks.steps import Meter
from lungseg.phantom import write_cohort

CASES = (10, 100, 1000)
RUNS = (20, 200)
SERIES = (300, 3000)
ROUNDS = 3
TINY = 8
SIZE, N_SLICES = 32, 12
SMALL = ("model.base_channels=2", "model.depth=1", "trainer.max_epochs=1",
         "trainer.accelerator=cpu")  # fmt: skip
NEGLIGIBLE = 4
"""MiB of a step at the second largest size below which its growth says nothing."""

STEPS = {
    "prepare": {
        "read the tree": "lungseg.data.prepare:take_inventory",
        "prepare": "lungseg.apps.prepare:update_store",
        "audit.html": "lungseg.report.audit_page:audit_html",
    },
    "again": {"prepare a second time": "lungseg.apps.prepare:update_store"},
    "train": {
        "open the cohort": "lungseg.apps.train:prepare_with_masks",
        "split=balanced": "lungseg.training.setup:split_cohort",
        "data module": "lungseg.training.setup:build_datamodule",
        "slices into memory": "lungseg.data.datamodule:SliceDataModule.setup",
        "fit one epoch": "pytorch_lightning:Trainer.fit",
        "evaluate": "lungseg.apps.train:evaluate",
        "tables, figures, report.html": "lungseg.report.results:leave_results",
        "report.html": "lungseg.report.page:write_page",
        "results to W&B": "lungseg.apps.train:log_results",
    },
    "kfold": {"split=kfold": "lungseg.training.setup:split_cohort"},
    "predict": {
        "predict": "lungseg.apps.predict:_predict",
        "predictions.html": "lungseg.apps.predict:write_page",
    },
    "compare": {
        "read runs": "lungseg.runs.find:find_runs",
        "compare": "lungseg.report.comparison:compare",
        "compare.html": "lungseg.report.compare_page:write_compare_page",
    },
    "series": {
        "read a tree of series": "lungseg.data.prepare:take_inventory",
        "prepare series": "lungseg.apps.prepare:update_store",
    },
}
"""Steps of each command, nested ones below the one that they are part of."""


def words(command: str, folder: str, out: str, run: str) -> list[str]:
    """A command line.

    Args:
        command: One of :data:`STEPS`.
        folder: Has the cohort, or the runs that are compared.
        out: Where results go.
        run: Whose model predicts.
    """
    data = ["data=lctsc", f"data.root={folder}/cohort"]
    prepared = [*data, f"data.store={folder}/store"]
    balanced = ["split=balanced", "split.test=0.25", f"hydra.run.dir={out}/run"]
    kfold = ["split=kfold", "split.k=5", f"hydra.run.dir={out}/fold", "report=false"]
    scans = [f"input={folder}/cohort/Images", f"output={out}/masks", "formats=[nifti]"]
    return {
        "prepare": ["prepare", *data, f"data.store={out}/store"],
        "again": ["prepare", *prepared],
        "train": ["train", *prepared, *SMALL, *balanced],
        "kfold": ["train", *prepared, *SMALL, *kfold],
        "predict": ["predict", f"model={run}", *scans],
        "compare": ["compare", f"runs={folder}/runs", f"output={out}/compared"],
        "series": ["prepare", "data=tcia", "data.masks=none", f"data.root={folder}/cohort/Images",
                   f"data.store={out}/series"],
    }[command]  # fmt: skip


def measure(command: str, tiny: str, folder: str, rounds: str) -> None:
    """Run a command on a tiny cohort, then on another, and print what its steps took.

    Args:
        command: One of :data:`STEPS`.
        tiny: Folder of the tiny cohort, where results are thrown away too.
        folder: Of the other; the results of the last round go there.
        rounds: Number of runs on it.
    """
    from lungseg.cli import main
    from lungseg.data.memory import forget_others

    meter = Meter()
    meter.watch(STEPS[command])
    outs = [f"{tiny}/{os.getpid()}-{k}" for k in range(int(rounds))] + [folder]
    made = []
    for place, out in zip([tiny, *[folder] * int(rounds)], outs, strict=True):
        meter.forget()
        forget_others(())  # slices that the round before has read
        if code := main(words(command, place, out, f"{folder}/run")):
            sys.exit(code)
        made.append({"seconds": dict(meter.seconds), "mib": dict(meter.mib)})
    measured = {
        what: {step: of([one[what].get(step, 0.0) for one in made[1:]]) for step in STEPS[command]}
        # What the first round frees, later ones use again.
        for what, of in (("seconds", statistics.median), ("mib", max))
    }
    print(json.dumps(measured))


def alone(command: str, tiny: Path, folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Seconds and MiB of a command's steps, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", command, str(tiny), str(folder), str(rounds)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        sys.exit(f"{command} on {folder.name}: {done.stderr[-2000:]}")
    measured: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return measured


def copies(run: Path, folder: Path, count: int) -> None:
    """Copies of a run that claim to differ in their learning rates."""
    for number in range(count):
        copy = folder / f"{number}"
        shutil.copytree(run, copy, ignore=shutil.ignore_patterns("checkpoints", "figures"))
        file = copy / "provenance.json"
        made_by = json.loads(file.read_text())
        made_by["config"]["optimizer"]["lr"] = 0.1 / (1 + number)
        file.write_text(json.dumps(made_by))


def whole_second_prepare(folder: Path) -> float:
    """Seconds by the clock for a second ``lungseg prepare``, its start included."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "lungseg", *words("again", str(folder), "", "")],
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - start


def table(rows: dict[str, list[dict[str, float]]], sizes: Sequence[int], what: str) -> None:
    """Print seconds and MiB per case, and their growth between the two largest sizes."""
    heads = [f"ms per {what}, {n}" for n in sizes] + ["growth"]
    heads += [f"MiB, {n}" for n in sizes] + ["growth per case"]
    print(f"\n| step | {' | '.join(heads)} |\n|---|{'---:|' * len(heads)}")
    for step, measured in rows.items():
        each = [1000 * one["seconds"] / n for one, n in zip(measured, sizes, strict=True)]
        mib = [one["mib"] for one in measured]
        shares = [one / n for one, n in zip(mib, sizes, strict=True)]
        per_case = growth(shares) if len(mib) > 1 and mib[-2] >= NEGLIGIBLE else ""
        cells = [f"{value:.2f}" for value in each] + [growth(each)]
        cells += [f"{value:.0f}" for value in mib] + [per_case]
        print(f"| {step} | {' | '.join(cells)} |")


def growth(values: Sequence[float]) -> str:
    """The last value by the one before it."""
    return f"{values[-1] / values[-2]:.2f}" if len(values) > 1 and values[-2] else ""


def grow(commands: Sequence[str], sizes: Sequence[int], tiny: Path, what: str) -> None:
    """Measure commands on folders of several sizes, and print the table."""
    rows: dict[str, list[dict[str, float]]] = {}
    for size in sizes:
        for command in commands:
            rounds = 1 if size == sizes[-1] else ROUNDS
            measured = alone(command, tiny, tiny.parent / f"{what}{size}", rounds)
            for step in STEPS[command]:
                row = {name: measured[name][step] for name in ("seconds", "mib")}
                rows.setdefault(step, []).append(row)
    table(rows, sizes, what)


def main(sizes: Sequence[int] = CASES) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(temporary)  # where results go
        os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
        tiny = Path(temporary) / "tiny"
        for folder, n_cases in [(tiny, TINY), *((tiny.parent / f"case{n}", n) for n in sizes)]:
            write_cohort(folder / "cohort", n_cases=n_cases, size=SIZE, n_slices=N_SLICES)
        grow(("prepare", "again", "train", "kfold", "predict"), sizes, tiny, "case")
        largest = tiny.parent / f"case{sizes[-1]}"
        print(f"\nsecond prepare of {sizes[-1]} cases: {whole_second_prepare(largest):.1f} s")
        for page in pages(largest):
            print(f"{sizes[-1]} cases: {describe(page)}")
        for n in sizes:
            print(f"W&B's files of the training with {n} cases: {wandb_mb(tiny.parent, n):.2f} MB")
        for folder, n_runs in [(tiny, TINY), *((tiny.parent / f"run{n}", n) for n in RUNS)]:
            copies(tiny.parent / f"case{sizes[0]}" / "run", folder / "runs", n_runs)
        grow(("compare",), RUNS, tiny, "run")
        page = tiny.parent / f"run{RUNS[-1]}" / "compared" / "compare.html"
        print(f"\n{RUNS[-1]} runs: {describe(page)}")
        for n_series in SERIES:
            folder = tiny.parent / f"series{n_series}"
            write_cohort(folder / "cohort", n_cases=n_series, size=SIZE, n_slices=N_SLICES)
        grow(("series",), SERIES, tiny, "series")


def pages(folder: Path) -> list[Path]:
    """The pages that the commands left for a cohort."""
    files = ("store/audit.html", "run/report.html", "masks/predictions.html")
    return [folder / file for file in files]


def wandb_mb(folder: Path, n_cases: int) -> float:
    """Size of what W&B keeps of the training on a cohort."""
    made_by = json.loads((folder / f"case{n_cases}/run/provenance.json").read_text())
    (run,) = Path("outputs/wandb").glob(f"offline-run-*-{made_by['wandb_run_id']}")
    return sum(file.stat().st_size for file in run.rglob("*") if file.is_file()) / 1e6


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] in STEPS:
        measure(*sys.argv[1:])
    else:
        main([int(size) for size in sys.argv[1:]] or CASES)
