"""What each shipped option is called, and that classes of the user's go by their own names."""

import pytest
import yaml

from lungseg.config import conf_dir
from lungseg.report.paper.known import KNOWN
from lungseg.report.paper.ledger import Ledger
from lungseg.report.paper.methods_data import augmentation, preprocessing
from lungseg.report.paper.methods_network import network
from lungseg.report.paper.methods_training import loss, optimisation, selection
from lungseg.report.paper.prose import as_markdown, as_plain
from lungseg.report.paper.source import Source
from lungseg.report.paper.study import Study
from lungseg.runs.read import read_run
from tests.report.paper.packs import write_run

GROUPS = ("loss", "optimizer", "scheduler", "model", "split")


def targets(group):
    for file in sorted((conf_dir() / group).glob("*.yaml")):
        node = yaml.safe_load(file.read_text()) or {}
        target = node.get("scheduler", node).get("_target_")
        if target and target != "lungseg.splits.Default":
            yield target


@pytest.mark.parametrize("group", GROUPS)
def test_every_shipped_class_has_words(group):
    assert [target for target in targets(group) if target not in KNOWN] == []


@pytest.fixture
def study(tmp_path):
    def make(*overrides, **changes):
        folder = write_run(tmp_path / "run", *overrides, **changes)
        source = Source(1, read_run(folder, "run"), Ledger())
        return Study([source], ["run 1"], ["run 1"], None, source.ledger, "7")

    return make


def test_input_of_the_network(study):
    made = study("data.outside=soft", "data.crop=body", "data.context=2", "data.context_mm=2.5",
                 "data.spacing=1.5", "intensity=multi")  # fmt: skip
    text = as_markdown(preprocessing(made).text)
    assert "set to soft tissue (40 HU)" in text
    assert "resampled to pixels of 1.5 mm" in text
    assert "box of the patient" in text
    assert "2 neighbours on either side as channels, 2.5 mm apart" in text
    assert "`lungseg.data.intensity.Windows`" in text


def test_augmentation_names_what_was_used_and_nothing_else(study):
    text = as_plain(augmentation(study("augment=light", "sampling=balanced")).text)
    assert "flip (p 0.5, direction left_right)" in text
    assert "elastic" not in text  # its probability is 0
    assert "lungseg.data.sampling.balanced.Balanced (small 0.01)" in text


def test_no_augmentation(study):
    text = as_plain(augmentation(study()).text)
    assert text == "Slices were not augmented. Each epoch had every training slice once."


def test_a_loss_with_its_formula_and_values(study):
    text = as_markdown(loss(study("loss=focal_tversky", "loss.beta=0.9")).text)
    assert "the Tversky loss [@salehi2017] (alpha 0.3, beta 0.9, gamma 0.75" in text
    assert r"\alpha\sum(1-t)p + \beta\sum t(1-p)" in text


def test_a_loss_within_a_loss(study):
    text = as_plain(loss(study("loss=boundary")).text)
    assert "region: the Combo loss (alpha 0.666667, beta 0.5" in text
    assert "weight 0.01" in text
    assert text.count("frac") > 1


def test_a_class_of_the_user_goes_by_its_name_and_arguments(study):
    config = study().first.value("provenance.json", "config")
    config["model"] = {"_target_": "mine.Net_1", "width": 3, "act": {"_target_": "mine.Act"}}
    config["loss"] = {"_target_": "mine.Loss", "w": [1, 2]}
    made = study_of(study, config)
    assert "the class `mine.Net_1` (width 3, act: the class `mine.Act`)" in as_markdown(
        network(made).text
    )
    text = as_markdown(loss(made).text)
    assert "the class `mine.Loss` (w 1, 2)" in text
    assert "frac" not in text


def study_of(study, config):
    import shutil

    folder = study.__closure__[0].cell_contents / "run"
    shutil.rmtree(folder)
    return study(config=config)


def test_optimizer_schedule_and_what_else_was_set(study):
    made = study("optimizer=adamw", "optimizer.lr=0.003", "scheduler=onecycle",
                 "+trainer.gradient_clip_val=0.5", "callbacks=[checkpoint,progress,ema]",
                 "seed=4")  # fmt: skip
    text = as_plain(optimisation(made).text)
    assert "AdamW (lr 0.003, weight_decay 0.01)" in text
    assert "a one-cycle schedule (max_lr 0.003, cycle_momentum false), one step per batch" in text
    assert "epochs, with batches of 3 slices per process, in precision bf16-mixed" in text
    assert "The seed was 4." in text
    assert "gradient_clip_val 0.5" in text
    assert "exponential moving average of the weights, evaluated in their place (decay" in text


def test_early_stopping_is_a_choice_too(study):
    words = ["callbacks=[checkpoint,progress,early_stopping]", "split=train_val_test"]
    text = as_plain(selection(study(*words)).text)
    assert "after 2 epochs); early stopping, by what it monitors, may have decided" in text
    assert "no epoch was chosen" not in text


def test_which_epoch_is_reported(study):
    evaluation = {"file": "best.ckpt", "epochs": 7, "postprocess_choice": {
        "name": "lungs", "n_cases": 3, "dsc": {"none": 0.95, "lungs": 0.97126}}}  # fmt: skip
    text = as_plain(selection(study(evaluation=evaluation)).text)
    assert "the epoch with the best val/loss (after 7 epochs)" in text
    assert "no epoch was chosen" not in text
    assert "by the mean DSC of 3 validation cases: none 0.9500, lungs 0.9713" in text
