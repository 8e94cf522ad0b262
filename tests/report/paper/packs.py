"""Run folders with everything that a paper asks for, without a training."""

import hashlib
import json

import pandas as pd
import yaml

from lungseg.data.cohort import Cohort
from lungseg.evaluation.pooled import CHOSEN_IN_FOLDS
from lungseg.redaction import recorded
from lungseg.report.results import write_tables
from tests.report.audited import case
from tests.report.evaluated import NAMES, evaluation
from tests.runs.conftest import composed

SETS = {"train": NAMES[:2], "test": NAMES[2:]}
FAILED = {"Case_010": "50 % of A_B is missing", "Case_011": "no mask", "Case_012": "no mask"}
OVERRIDES = ["data=lctsc", "data.root=(not recorded)", "experiment=strong", "loss.alpha=0.25"]
DATA = ("data=lctsc", "data.root=/scans/Frollo", "split=fraction", "logger=none")
SCANNER = "Röntgen_1 #2 100 % <x> 肺 {\\}"
EPOCHS = [12.5, 3600.0]


def cohort(scanner=SCANNER):
    """Of the four cases, two of which are of one patient."""
    cases = [case(name, scanner=scanner, n_slices=12 + k) for k, name in enumerate(NAMES)]
    for k, one in enumerate(cases):
        one["spacing_mm"] = [3.0 + k, 0.7, 0.75]
    return Cohort("store", {one["case"]: one for one in cases},
                  {name: NAMES[0] if k < 2 else name for k, name in enumerate(NAMES)},
                  FAILED)  # fmt: skip


def settings(*overrides):
    """The configuration of a training, as it is recorded."""
    config, _ = composed("train", *DATA, *overrides)
    return recorded(config)


def write_run(folder, *overrides, synthetic=False, sets=SETS, left_out=(), **changes):
    """A completed run; `changes` replace parts of ``provenance.json``, None takes them away."""
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(OVERRIDES))
    (folder / ".run").touch()
    (folder / "checkpoints").mkdir()
    config = settings(*overrides)
    made = evaluation(synthetic)
    write_tables(made, folder / "evaluation")
    history = pd.DataFrame({"epoch": [0, 1], "train/loss": [1, 0.5], "epoch_seconds": EPOCHS})
    history.to_csv(folder / "metrics.csv", index=False)
    provenance = {
        "lungseg": "0.1.0",
        "git": {"commit": "abc1234" * 5, "dirty": True},
        "cohort_sha256": cohort().sha256,
        "failed_cases": FAILED,
        "python": "3.11.7",
        "platform": "Linux x86_64",
        "packages": {"torch": "2.13.0", "pytorch-lightning": "2.6.6"},
        "hardware": {"cpu": "A & B", "cores": 16, "memory_gib": 61.9},
        "n_parameters": 2092689,
        "config": config,
        "precision": "bf16-mixed",
        "devices": {"kind": "cuda", "name": "GPU 9", "number": 2},
        "evaluation": {
            "lungseg": "0.1.0",
            "git": {"commit": "def5678" * 5, "dirty": False},
            "file": "last.ckpt",
            "epochs": 2,
            "threshold": 0.5,
            "empty_dsc": "zero",
            "postprocess": "Lungs(n_lungs=2, min_share=0.05, fill_holes=True)",
            "synthetic": synthetic,
        },
    } | changes
    provenance = {key: value for key, value in provenance.items() if value is not None}
    split = {"sets": dict(sets), "left_out": list(left_out), "made_by": config["split"]}
    for name, content in {
        "provenance.json": provenance,
        "split.json": split,
        "status.json": {"state": "completed", "error": None},
    }.items():
        (folder / name).write_text(json.dumps(content))
    return folder


def write_pool(folder, *overrides, fold_of=(0, 1, 0, 1), **changes):
    """A cross-validation of two folds, as it is pooled: all cases tested, none trained on.

    `fold_of` each case; `changes` replace parts of the record of the pool.
    """
    folds = {name: f"fold {k}" for name, k in zip(NAMES, fold_of, strict=True)}
    missing = ["Fold 2 of 3 is missing."]
    choices = [{"name": "lungs", "n_cases": 1, "dsc": {"none": 0.912, "lungs": 0.934}},
               {"name": "none", "n_cases": 1, "dsc": {"none": 0.925, "lungs": 0.921}}]  # fmt: skip
    each = [{"fold": str(k), "repeat": "", "run": f"gone/{k}", "n_train": 2 - k, "n_val": 1,
             "n_test": 2, "file": "best.ckpt", "epochs": 2 + k, "seconds": 600.0 * (k + 1),
             "checkpoint_sha256": f"{k}" * 64, "postprocess_choice": choice}
            for k, choice in enumerate(choices)]  # fmt: skip
    words = ["-m", "data=lctsc", "split=kfold", "split.seed=3", "split.fold=all"]
    pool = {"runs": ["gone/0", "gone/1"], "folds": folds, "repeats": ["all"], "missing": missing,
            "overrides": ["data=lctsc", "split=kfold"], "each": each, "commands": [words],
            "python": "3.11.9", "packages": {"torch": "2.12.0", "pytorch-lightning": "2.6.5"},
            "hardware": {"cpu": "Folder 7", "cores": 8, "memory_gib": 31.5},
            "devices": {"kind": "cuda", "name": "GPU 7", "number": 1}} | changes  # fmt: skip
    evaluation = {"file": "best.ckpt", "epochs": None, "threshold": 0.5, "empty_dsc": "zero",
                  "postprocess": CHOSEN_IN_FOLDS, "synthetic": False, "warnings": ["Masks of 1 case differ."]}  # fmt: skip
    write_run(folder, "split=kfold", *overrides, sets={"test": NAMES}, pool=pool, evaluation=evaluation,
              git=None)  # fmt: skip
    (folder / ".hydra" / "overrides.yaml").unlink()
    file = folder / "evaluation" / "cases.csv"
    table = pd.read_csv(file)
    table.assign(split="test").to_csv(file, index=False)
    summary = json.loads((folder / "evaluation" / "summary.json").read_text())
    del summary["train"], summary["test"]["pr_auc"]
    (folder / "evaluation" / "summary.json").write_text(json.dumps(summary))
    return folder


def checkpoint(folder, content=b"weights"):
    """A file that stands for a checkpoint; its hash."""
    (folder / "checkpoints" / "last.ckpt").write_bytes(content)
    return hashlib.sha256(content).hexdigest()
