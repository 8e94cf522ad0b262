"""Real scans of 512 pixels of 0.98 mm and of 64 of 4.17 mm train together, each on its own grid."""

import json

import nrrd
import numpy as np
import pandas as pd
import pytest

from lungseg.cli import main

SIZES = {"Case_001": 512, "Case_002": 512, "Whole_064": 64}
COUNTS = ["tp", "fp", "fn", "tn"]


@pytest.mark.slow
@pytest.mark.realdata
def test_each_case_is_scored_on_its_own_grid(realdata, tmp_path, monkeypatch):
    images, masks = tmp_path / "mixed" / "Images", tmp_path / "mixed" / "Segmentations"
    for folder in (images, masks):
        folder.mkdir(parents=True)
    for case in ("Case_001", "Case_002"):
        (images / case).symlink_to(realdata / "lctsc" / "Images" / case)
        (masks / f"{case}_seg.npz").symlink_to(
            realdata / "lctsc" / "Segmentations" / f"{case}_seg.npz"
        )
    (images / "Whole_064").symlink_to(realdata / "cip_ct64" / "dicom")
    labels, _ = nrrd.read(str(realdata / "cip_ct64" / "wholeLung-64.nrrd"))
    np.savez_compressed(masks / "Whole_064_seg.npz", masks=(labels.T > 0).astype(np.uint8))
    monkeypatch.chdir(tmp_path)
    code = main(
        [
            *("train", "data=lctsc", "data.root=mixed", "data.on_finding=warn"),
            *("data.spacing=4", "data.outside=soft", "data.crop=body", "split=explicit"),
            *("split.test=[Case_002]", "logger=none"),
            *("optimizer=adamw", "optimizer.lr=0.01", "scheduler=onecycle", "report=false"),
            *("model=unet", "model.base_channels=8", "trainer.max_epochs=6"),
            "hydra.run.dir=run",
        ]
    )
    assert code == 0
    slices = pd.read_csv("run/evaluation/slices.csv").groupby("case")
    assert {case: set(rows[COUNTS].sum(axis=1)) for case, rows in slices} == {
        case: {size**2} for case, size in SIZES.items()
    }
    references = {"Whole_064": labels}
    for case in ("Case_001", "Case_002"):
        references[case] = np.load(masks / f"{case}_seg.npz")["masks"]
    cases = pd.read_csv("run/evaluation/cases.csv").set_index("case")
    for case, reference in references.items():
        row = cases.loc[case]
        assert row.tp + row.fn == np.count_nonzero(reference)
        assert row.dsc > 0.85
    assert json.loads((tmp_path / "run" / "status.json").read_text())["state"] == "completed"
