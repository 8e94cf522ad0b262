"""Post-processing is chosen on validation cases, and on nothing else."""

from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from lungseg.errors import ConfigError
from lungseg.evaluation.choose import choose, refuse_without_validation
from lungseg.inference.postprocess import Auto, Lungs
from lungseg.training.module import SegmentationModule
from tests.training.test_sizes import trainer

NODE = {"_target_": "…Auto", "lungs": {"_target_": "…Lungs", "n_lungs": 2}}
RECORD = {"config": {"metrics": {"threshold": 0.5}, "postprocess": NODE}}
# One row of voxels per slice. Two lungs of 8 and 6 voxels, which reach over both slices.
LUNGS = "####.###...."
MORE = "####.###.#.."  # and a voxel that touches neither
# What is predicted in both slices, and the reference.
STRAY = (MORE, LUNGS), (LUNGS, LUNGS)  # DSC 28/29, and 1 without the voxel
SMALL = (MORE, LUNGS), (MORE, LUNGS)  # 1, and 28/29 without it
PLAIN = (LUNGS, LUNGS), (LUNGS, LUNGS)


def row(text):
    return torch.tensor([[[float(letter == "#") for letter in text]]])


class Shown(nn.Module):
    """Predicts what it is shown."""

    def forward(self, image):
        return 10 * image - 5


class Cases(pl.LightningDataModule):
    """Validation cases in memory."""

    def __init__(self, cases):
        super().__init__()
        keys = [(k, z) for k in range(len(cases)) for z in range(2)]
        self.slices = [
            {"image": row(predicted[z]), "mask": row(reference[z]).bool(), "case": k, "z": z}
            for k, (predicted, reference) in enumerate(cases)
            for z in range(2)
        ]
        self.datasets = {"val": Indexed(keys)}
        self.asked = []

    def only(self, name):
        self.asked.append(name)
        return self

    def test_dataloader(self):
        return [DataLoader(self.slices, batch_size=3)]


class Indexed(list):
    """Slices of a set, of which only the number and the keys are known."""

    @property
    def index(self):
        return list(self)


def chosen(*cases):
    data = Cases(cases)
    module = SegmentationModule(Shown(), sets=["train", "val", "test"], record=RECORD)
    one = {"fingerprint": {"n_slices": 2}, "spacing_mm": [3.0, 1.0, 1.0]}
    cohort = SimpleNamespace(cases=dict.fromkeys(map(str, range(len(cases))), one))
    auto = Auto(Lungs(min_share=0.2))
    runs = trainer()
    callbacks = list(runs.callbacks)
    made = choose(auto, module, data, runs, cohort)
    assert data.asked == ["val"]
    assert runs.callbacks == callbacks
    return made


@pytest.mark.parametrize(
    ("cases", "name", "none", "lungs"),
    [
        ([STRAY], "lungs", 28 / 29, 1),
        ([SMALL], "none", 1, 28 / 29),
        ([PLAIN], "none", 1, 1),  # a tie
        ([STRAY, SMALL], "none", (28 / 29 + 1) / 2, (1 + 28 / 29) / 2),
        ([STRAY, STRAY, STRAY, SMALL], "lungs", (3 * 28 / 29 + 1) / 4, (3 + 28 / 29) / 4),
    ],
)
def test_by_the_mean_over_cases(cases, name, none, lungs):
    made = chosen(*cases)
    assert made["name"] == name
    assert made["node"] == (NODE["lungs"] if name == "lungs" else None)
    assert made["n_cases"] == len(cases)
    assert made["dsc"] == pytest.approx({"none": none, "lungs": lungs})


def test_a_pass_that_was_cut_short_chooses_nothing():
    data = Cases([STRAY, STRAY])
    data.slices = data.slices[:2]
    module = SegmentationModule(Shown(), sets=["val"], record=RECORD)
    one = {"fingerprint": {"n_slices": 2}, "spacing_mm": [3.0, 1.0, 1.0]}
    cohort = SimpleNamespace(cases={"0": one, "1": one})
    with pytest.raises(ConfigError, match="2 of 4 val slices were seen"):
        choose(Auto(Lungs()), module, data, trainer(), cohort)


def test_without_validation_cases_there_is_no_choice():
    with pytest.raises(ConfigError, match="split=train_val_test, or postprocess=lungs"):
        refuse_without_validation(Auto(Lungs()), {"train": ["a"], "test": ["b"]})
    refuse_without_validation(Auto(Lungs()), {"train": ["a"], "val": ["c"], "test": ["b"]})
    refuse_without_validation(Lungs(), {"train": ["a"], "test": ["b"]})
    refuse_without_validation(None, {"train": ["a"], "test": ["b"]})


def test_what_is_compared_must_post_process():
    with pytest.raises(ValueError, match="lungs must be a post-processing with _target_, got 3"):
        Auto(3)
