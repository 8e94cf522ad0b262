"""A made-up evaluation, and its page."""

import dataclasses

import numpy as np
import pandas as pd

from lungseg.evaluation.result import Evaluation
from lungseg.evaluation.tables import cases_frame, curve_frame, slices_frame
from lungseg.metrics.curves import calibration, curve
from lungseg.metrics.histogram import BINS
from lungseg.metrics.summary import (
    CASE_NUMBERS,
    SIDES,
    conventions,
    summarize_cases,
    summarize_scores,
    summarize_slices,
)
from lungseg.report.examples import Example
from lungseg.report.page import Origin, write_page
from lungseg.report.surface_error import SurfaceError

NAMES = [f"Case_{k:03d}" for k in range(4)]


def evaluation(synthetic=False):
    """Two training cases, two test cases of twelve slices, some without lung."""
    random = np.random.default_rng(0)
    tables, scores, summary, histograms = {}, {}, {}, {}
    numbers = [side + name for side in SIDES for name in (*CASE_NUMBERS, "volume_ml")]
    wrong = [side + kind for side in SIDES for kind in ("missed", "invented")]
    fixed = dict.fromkeys(wrong, 0) | {"farthest_mm": 500.0}
    for name, cases in (("train", (0, 1)), ("test", (2, 3))):
        tp = random.integers(50, 90, 24) * (np.arange(24) % 4 > 0)
        wrong = random.integers(0, 4, (2, 24)) * (random.random((2, 24)) < 0.8)
        fp, fn = wrong[0], wrong[1] * (tp > 0)
        key = np.column_stack([np.repeat(cases, 12), np.tile(np.arange(12), 2)])
        tables[name] = np.column_stack([key, tp, fp, fn, 400 - tp - fp - fn])
        scores[name] = {
            case: dict.fromkeys(numbers, 0.9)
            | fixed
            | {"tp": 9, "fp": 1, "fn": 1, "left_hd95_mm": np.nan}
            for case in cases
        }
        histograms[name] = np.zeros((2, BINS), int)
        histograms[name][0, BINS // 2 - 50_000 :: 5000] = 40
        histograms[name][1, BINS // 2 - 20_000 :: 5000] = 30
        rows = list(scores[name].values())
        summary[name] = {
            **summarize_slices(tables[name], "zero"),
            **summarize_scores(histograms[name]),
            **summarize_cases(rows),
            "dsc_by_convention": conventions(tables[name], rows),
            "threshold": 0.5,
            "empty_dsc": "zero",
        }
    return Evaluation(
        summary=summary,
        slices=slices_frame(tables, NAMES, "zero"),
        cases=cases_frame(scores, NAMES),
        curve=curve_frame(curve(histograms["test"])),
        calibration=calibration(histograms["test"]),
        worst=[SurfaceError("Case_002", random.random((50, 3)) * 100, random.random(50))],
        history=pd.DataFrame(
            {"epoch": [0, 1]}
            | {
                f"{s}/{m}": [0.5, 0.7]
                for s in ("train", "test")
                for m in ("loss", "dsc", "accuracy")
            }
        ),
        synthetic=synthetic,
        threshold=0.5,
    )


def origin(**changes):
    case = {"n_slices": 12, "sex": "F", "scanner": "A <1>", "spacing_mm": [3.0, 1, 1]}
    plain = Origin(
        title="UNet on Case_002, Case_003",
        subtitle="10 parameters",
        split={"train": NAMES[:2], "test": NAMES[2:]},
        fingerprint={"cases": dict.fromkeys([*NAMES, "Case_004"], case)},
        findings={"Case_001": ["the table is in view"]},
        config={"loss": {"alpha": 0.5}, "note": "<script>alert(1)</script>"},
        provenance={"lungseg": "1.2.3", "config": {}},
    )
    return dataclasses.replace(plain, **changes)


def fetch(rows):
    square = np.zeros((20, 20), bool)
    square[5:12, 4:9] = True
    return [
        Example(row.case, row.z, np.full((20, 20), 0.3), square, square, row.dsc, row.accuracy)
        for row in rows.itertuples()
    ]


def text_of(found, of, tmp_path):
    write_page(tmp_path / "report.html", found, of, [], {})
    return (tmp_path / "report.html").read_text()
