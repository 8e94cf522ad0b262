"""Run folders as a training leaves them, without the training."""

import json

import numpy as np
import pandas as pd
import yaml

from lungseg.report.caveats import alarms, caveats
from lungseg.report.compare_tables import HEADLINES

SETS = {"train": ["Case_000", "Case_001"], "test": [f"Case_{k:03d}" for k in range(2, 10)]}
NUMBERS = ("dsc", "hd95_mm", "msd_mm", "surface_dice_2mm")


def config(**changes):
    """Nested, unresolved; ``loss__alpha=0.2`` changes ``loss.alpha``."""
    plain = {
        "outputs": "outputs",
        "seed": 0,
        "data": {"name": "lctsc", "root": "(not recorded)", "batch_size": 3},
        "metrics": {"threshold": 0.5, "empty_dsc": "zero"},
        "split": {"_target_": "lungseg.splits.Fraction", "seed": 0},
        "model": {"_target_": "lungseg.models.unet.UNet", "depth": 3, "base_channels": 16},
        "loss": {"_target_": "lungseg.losses.ComboLoss", "alpha": 0.5, "beta": 0.5},
        "optimizer": {"_target_": "torch.optim.Adam", "lr": 0.001},
        "scheduler": {"scheduler": {"max_lr": "${optimizer.lr}"}},
        "trainer": {"max_epochs": 4},
        "logger": {},
    }
    for name, value in changes.items():
        node = plain
        *path, last = name.split("__")
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return plain


def resolved(settings):
    copy = json.loads(json.dumps(settings))
    copy["scheduler"]["scheduler"]["max_lr"] = copy["optimizer"]["lr"]
    if copy["split"].get("seed") == "${seed}":
        copy["split"]["seed"] = copy["seed"]
    return copy


def write_run(
    folder,
    *,
    settings=None,
    choices=None,
    overrides=(),
    sets=SETS,
    cohort="c0ffee" * 10 + "0000",
    dsc=0.95,
    spread=0.01,
    chance=0,
    state="completed",
    error=None,
    epochs=4,
    threshold=0.5,
    weights="last.ckpt",
    empty_dsc="zero",
    postprocess="",
    synthetic=False,
    failed_cases=None,
):
    """A run whose volumes have about this DSC; cases keep their own difficulty in all runs."""
    settings = settings or config()
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(list(overrides)))
    hydra = {"hydra": {"runtime": {"choices": {"model": "unet_small"} | (choices or {})}}}
    (folder / ".hydra" / "hydra.yaml").write_text(yaml.safe_dump(hydra))
    (folder / ".run").touch()
    if state is not None:
        (folder / "status.json").write_text(json.dumps({"state": state, "error": error}))
    if state not in ("completed", None):
        return folder
    provenance = {
        "lungseg": "0.1.0",
        "git": {"commit": "abc123", "dirty": False},
        "cohort_sha256": cohort,
        "failed_cases": failed_cases or {},
        "config": resolved(settings),
        "wandb_run_id": "w1",
        "evaluation": {
            "file": weights,
            "epochs": epochs,
            "threshold": threshold,
            "empty_dsc": empty_dsc,
            "postprocess": postprocess,
            "synthetic": synthetic,
        },
    }
    (folder / "provenance.json").write_text(json.dumps(provenance))
    _write_results(folder, sets, dsc, spread, chance, epochs)
    return folder


def _write_results(folder, sets, dsc, spread, chance, epochs):
    random = np.random.default_rng(chance)
    rows, summary = [], {}
    for name, cases in sets.items():
        values = []
        for case in cases:
            hard = np.random.default_rng(int(case[-3:])).normal(0, 0.02)
            value = float(np.clip(dsc + hard + random.normal(0, spread), 0.01, 0.999))
            numbers = dict.fromkeys(NUMBERS, value)
            numbers |= {"hd95_mm": 100 * (1 - value), "msd_mm": 20 * (1 - value)}
            values.append(value)
            rows.append({"split": name, "case": case, **numbers})
        middle, half = float(np.mean(values)), 0.01
        summary[name] = {
            key: {"value": middle, "n": len(cases), "ci95": [middle - half, middle + half]}
            for key in HEADLINES
        }
        far = 100 * (1 - middle)
        summary[name]["hd95_mm_mean"] = {"value": far, "n": len(cases), "ci95": [far - 1, far + 1]}
        summary[name]["pr_auc"] = {"value": middle, "n": 1000}  # has no interval
    (folder / "evaluation").mkdir()
    pd.DataFrame(rows).to_csv(folder / "evaluation" / "cases.csv", index=False)
    (folder / "evaluation" / "summary.json").write_text(json.dumps(summary))
    rise = 1 - np.exp(-3 * np.arange(1, epochs + 1) / epochs)
    history = {"epoch": range(epochs)}
    for name in sets:
        noise = random.normal(0, spread, epochs)
        history |= {
            f"{name}/loss": 1 - dsc * rise + noise,
            f"{name}/accuracy": 0.9 + 0.09 * rise,
            f"{name}/dsc": dsc * rise + noise,
        }
    pd.DataFrame(history).to_csv(folder / "metrics.csv", index=False)


def alpha(value, **more):
    """Arguments of a run with this ``loss.alpha``."""
    settings = {key: more.pop(key) for key in list(more) if "__" in key or key == "seed"}
    return {"settings": config(loss__alpha=value, **settings), **more}


def said(found):
    """All that a comparison warns of."""
    return " ".join([*alarms(found), *caveats(found)])
