"""Cases of different size and spacing train together; each is scored on its own grid."""

import json
import logging

import numpy as np
import pandas as pd
import pytest

from lungseg.cli import main
from lungseg.phantom.cases import make_case
from lungseg.phantom.files import write_case

SIZES = (64, 128, 64, 128)  # pixels of about 7.5 and 3.7 mm; what the network sees lies between
TESTED = (2, 3)
COUNTS = ["tp", "fp", "fn", "tn"]


@pytest.fixture(scope="module")
def cases():
    return [make_case(index, size=size, n_slices=12) for index, size in enumerate(SIZES)]


@pytest.fixture(scope="module")
def folder(cases, tmp_path_factory):
    """A run, its checkpoint evaluated again, and the tested cases predicted as new scans."""
    folder = tmp_path_factory.mktemp("mixed")
    for index, case in enumerate(cases):
        write_case(case, folder / "source", index)
    network = ("model.depth=2", "model.base_channels=4", "optimizer=adam", "optimizer.lr=0.02")
    split = ("split=explicit", "split.test=[Case_002,Case_003]")
    trainer = ("trainer.max_epochs=6", "trainer.precision=32", "logger=none")
    source = ("data=lctsc", "data.root=source", "report=false")
    commands = [
        ("train", *source, "data.spacing=5", *network, *split, *trainer, "hydra.run.dir=run"),
        ("evaluate", *source, "ckpt=run/checkpoints/last.ckpt", "hydra.run.dir=again"),
    ]
    for k in TESTED:
        scan, output = f"input=source/Images/Case_{k:03}", f"output=predicted_{k}"
        commands.append(("predict", "model=run", scan, output, "formats=[npz]"))
    handlers = logging.getLogger().handlers[:]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in commands:
            assert main([*words]) == 0, words
            logging.getLogger().handlers[:] = handlers
    return folder


def slices(run, k):
    """Rows of ``slices.csv`` of one case."""
    table = pd.read_csv(run / "evaluation" / "slices.csv")
    return table[table["case"] == f"Case_{k:03}"].sort_values("z")


def by_hand(prediction, reference):
    """TP, FP, FN and TN of each slice."""
    pairs = [(1, 1), (1, 0), (0, 1), (0, 0)]
    same = [(prediction == p) & (reference == r) for p, r in pairs]
    return np.stack([of_kind.sum(axis=(1, 2)) for of_kind in same], axis=1)


def test_counts_add_up_to_the_pixels_of_each_case(folder):
    for k, size in enumerate(SIZES):
        assert set(slices(folder / "run", k)[COUNTS].sum(axis=1)) == {size**2}


def test_a_checkpoint_evaluated_again_has_the_same_counts(folder):
    for k in range(len(SIZES)):
        first, second = (slices(folder / run, k)[["z", *COUNTS]] for run in ("run", "again"))
        assert first.to_numpy().tolist() == second.to_numpy().tolist()


@pytest.mark.parametrize("k", TESTED)
def test_predicted_masks_have_the_counts_and_the_dsc_of_the_evaluation(cases, folder, k):
    (file,) = (folder / f"predicted_{k}").glob("*/lungs.npz")
    prediction = np.load(file)["mask"] > 0
    reference = cases[k].mask
    assert prediction.shape == reference.shape
    counts = by_hand(prediction, reference)
    rows = slices(folder / "run", k)
    assert rows[COUNTS].to_numpy().tolist() == counts.tolist()
    tp, fp, fn, _ = counts.sum(axis=0)
    table = pd.read_csv(folder / "run" / "evaluation" / "cases.csv")
    (dsc,) = table[table["case"] == f"Case_{k:03}"]["dsc"]
    assert dsc == pytest.approx(2 * tp / (2 * tp + fp + fn), abs=1e-12)
    assert dsc > 0.6
    seen = json.loads((file.parent / "prediction.json").read_text())["grid"]["resampled_to_mm"]
    assert seen[1:] == pytest.approx([5, 5], abs=0.1)
