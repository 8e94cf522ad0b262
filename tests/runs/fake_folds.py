"""Runs of a cross-validation as trainings leave them, without the trainings."""

import json
from functools import cache

import numpy as np
import pandas as pd
import torch
import yaml

from lungseg.evaluation.conventions import Conventions
from lungseg.evaluation.run import summary_of
from lungseg.evaluation.tables import cases_frame, slices_frame
from lungseg.metrics.histogram import ScoreHistogram
from lungseg.metrics.summary import CASE_NUMBERS, SIDES
from lungseg.runs.histograms import write_histograms
from tests.report.fake_runs import config as base
from tests.report.fake_runs import resolved

NAMES = [f"Case_{k:03d}" for k in range(6)]
TESTS = [NAMES[0:2], NAMES[2:4], NAMES[4:6]]
SLICES = 5


def kfold(fold, **more):
    return {"_target_": "lungseg.splits.KFold", "k": 3, "fold": fold, "seed": 0, **more}


def counts(cases, seed):
    """Case, z, tp, fp, fn, tn of 400 pixels per slice; some slices without lung."""
    random = np.random.default_rng(seed)
    rows = []
    for case in cases:
        for z in range(SLICES):
            tp = int(random.integers(50, 90)) * (z > 0)
            fp, fn = (int(random.integers(0, 9)) for _ in range(2))
            fn *= z > 0
            rows.append((case, z, tp, fp, fn, 400 - tp - fp - fn))
    return np.array(rows)


def volumes(table, cases, seed):
    """Numbers of each case: those of voxels from its counts, distances made up."""
    random = np.random.default_rng(seed + 100)
    scores = {}
    for case in cases:
        tp, fp, fn, tn = table[table[:, 0] == case, 2:].sum(axis=0).tolist()
        row = {"tp": tp, "fp": fp, "fn": fn, "tn": tn, "farthest_mm": 500.0}
        for side in SIDES:
            row |= {side + name: float(random.random()) for name in CASE_NUMBERS}
            row |= {f"{side}volume_ml": 9.0, f"{side}predicted_volume_ml": 9.5}
            row |= {f"{side}missed": 0, f"{side}invented": 0}
        row["dsc"] = 2 * tp / (2 * tp + fp + fn)
        scores[case] = row
    return scores


def scores_of(seed, n=300):
    """Logits and labels of pixels."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 2, (n,), generator=generator)
    return labels + torch.randn(n, generator=generator), labels


@cache
def made_up(sets, seed):
    """Tables, numbers of cases, histograms and summary of the sets."""
    conventions = Conventions(0.5, "zero")
    tables, scored, histograms, summary = {}, {}, {}, {}
    counted = ScoreHistogram()
    counted.update(*scores_of(seed))
    for name, cases in sets:
        places = [NAMES.index(case) for case in cases]
        tables[name] = counts(places, seed)
        scored[name] = volumes(tables[name], places, seed)
        histograms[name] = counted.compute().numpy()
        summary[name] = summary_of(tables[name], histograms[name], scored[name], NAMES, conventions)
    return tables, scored, histograms, summary


def write_fold(
    folder,
    number=0,
    *,
    chance=None,
    split=None,
    sets=None,
    settings=None,
    state="completed",
    evaluation=None,
    histogram=True,
    patients=None,
    overrides=None,
    commit="abc123",
    cohort="c" * 64,
):
    """One fold of three, tested on two of six cases; all tables agree with each other."""
    seed = number if chance is None else chance
    sets = sets or {
        "train": [name for name in NAMES if name not in TESTS[number]],
        "test": TESTS[number],
    }
    settings = settings or base()
    settings["split"] = split or kfold(number)
    (folder / ".hydra").mkdir(parents=True)
    words = [f"split.fold={number}"] if overrides is None else overrides
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(words))
    (folder / ".hydra" / "config.yaml").write_text(yaml.safe_dump(settings))
    status = {"state": state, "error": None if state == "completed" else "out of memory"}
    (folder / "status.json").write_text(json.dumps(status))
    if state != "completed":
        return folder
    tables, scored, histograms, summary = made_up(
        tuple((name, tuple(cases)) for name, cases in sets.items()), seed
    )
    tables_dir = folder / "evaluation"
    tables_dir.mkdir()
    slices_frame(tables, NAMES, "zero").to_csv(tables_dir / "slices.csv", index=False)
    cases_frame(scored, NAMES).to_csv(tables_dir / "cases.csv", index=False)
    (tables_dir / "summary.json").write_text(json.dumps(summary))
    if histogram:
        write_histograms(folder, histograms)
    epochs = {f"{name}/{key}": [0.1 * seed, 0.2 * seed] for name in sets for key in ("loss", "dsc")}
    pd.DataFrame({"epoch": [0, 1]} | epochs).to_csv(folder / "metrics.csv", index=False)
    provenance = {
        "git": {"commit": commit, "dirty": False},
        "cohort_sha256": cohort,
        "failed_cases": {},
        "config": resolved(settings),
        "evaluation": {
            "file": "last.ckpt",
            "epochs": 2,
            "threshold": 0.5,
            "empty_dsc": "zero",
            "postprocess": "",
            "synthetic": False,
            "warnings": [],
        }
        | (evaluation or {}),
    }
    (folder / "provenance.json").write_text(json.dumps(provenance))
    recorded = dict(zip(NAMES, NAMES, strict=True)) | (patients or {})
    split_json = {"sets": sets, "left_out": [], "patients": recorded}
    (folder / "split.json").write_text(json.dumps(split_json))
    return folder


def write_folds(place, n=3, **arguments):
    """Folders of folds 0, 1, …"""
    return [write_fold(place / str(k), k, **arguments) for k in range(n)]
