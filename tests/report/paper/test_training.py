"""What the methods say of the network and of the training, where the configuration is silent too."""

import inspect

import pandas as pd
import pytest
import torch

from lungseg.arguments.networks import check_unet
from lungseg.models.unet import UNet
from lungseg.report.paper import settings_table
from lungseg.report.paper.answers import ANSWERS
from lungseg.report.paper.ledger import Ledger
from lungseg.report.paper.methods_network import OPTIONS, network
from lungseg.report.paper.methods_training import optimisation, selection
from lungseg.report.paper.prose import as_plain
from lungseg.report.paper.source import Source
from lungseg.report.paper.study import Study
from lungseg.runs.read import read_run
from tests.report.paper.packs import SETS, write_run

STOPPED = ("callbacks=[checkpoint,progress,early_stopping]", "split=train_val_test")


@pytest.fixture
def study(tmp_path):
    def make(*overrides, tested=False, **changes):
        folder = write_run(tmp_path / "run", *overrides, **changes)
        if tested:
            file = folder / "metrics.csv"
            history = pd.read_csv(file)
            history.assign(**{"test/loss": [0.9, 0.4]}).to_csv(file, index=False)
        source = Source(1, read_run(folder, "run"), Ledger())
        return Study([source], ["run 1"], ["run 1"], None, source.ledger, "7")

    return make


def test_defaults_of_the_network_are_those_of_its_class():
    ours, theirs = (inspect.signature(one).parameters for one in (check_unet, UNet))
    assert {name: ours[name].default for name in OPTIONS} == {
        name: theirs[name].default for name in OPTIONS
    }
    assert UNet().encoder[0][0].bias is not None


def test_weights_begin_as_is_said():
    """Within one over the root of PyTorch's fan-in and close to it; normalisation changes nothing.

    The bottleneck's convolution sees 64 channels of 3 × 3; the head 16 of 1 × 1.
    """
    torch.manual_seed(0)
    model = UNet(depth=3, base_channels=16)
    for layer, fan_in in ((model.bottleneck[0], 64 * 9), (model.head, 16)):
        for values in (layer.weight, layer.bias):
            assert values.abs().max() <= fan_in**-0.5
        assert layer.weight.abs().max() > 0.8 * fan_in**-0.5
    norm = model.bottleneck[1]
    assert (norm.weight == 1).all()
    assert (norm.bias == 0).all()


def test_what_the_configuration_leaves_open_is_said(study):
    text = as_plain(network(study("model=unet_small")).text)
    assert "Normalisation was batch normalisation (model.norm), all convolutions had bias" in text
    assert "channels were not limited (model.max_channels)." in text
    assert "Blocks added" not in text
    assert "initialised at random by the defaults of PyTorch" in text


def test_what_the_configuration_says_is_said(study):
    words = ("model=unet_deep", "model.norm=group", "model.max_channels=64", "model.residual=true")
    text = as_plain(network(study(*words)).text)
    assert "Normalisation was group normalisation" in text
    assert "channels were limited to 64 (model.max_channels)." in text
    assert "Blocks added their input to their result (model.residual)." in text


def test_a_checklist_says_how_weights_began(study):
    text = as_plain(ANSWERS["initial"](study("seed=5")).text)
    assert text.startswith("Initialised at random by the defaults of PyTorch:")
    assert text.endswith("Seed 5.")


def test_a_training_that_nothing_ends_lasts_all_epochs(study):
    made = study("trainer.max_epochs=10", devices={"kind": "cpu", "name": None, "number": 1})
    text = as_plain(optimisation(made).text)
    assert "Training lasted 10 epochs, with batches of 3 slices, in precision" in text
    assert "; 10 epochs; batch size 3" in as_plain(ANSWERS["training"](made).text)


@pytest.mark.parametrize("words", [STOPPED, ("+trainer.max_steps=50",)])
def test_a_training_that_may_end_before_lasts_at_most_all_epochs(study, words):
    made = study("trainer.max_epochs=10", *words)
    assert "Training lasted at most 10 epochs" in as_plain(optimisation(made).text)


def test_test_results_of_each_epoch_chose_nothing(study):
    said = "The test cases were also evaluated after each epoch"
    text = as_plain(selection(study(tested=True)).text)
    assert f"{said} (loss, accuracy and DSC in metrics.csv); these numbers chose nothing" in text


@pytest.mark.parametrize(("words", "tested"), [((), False), (("allow_test_selection=true",), True)])
def test_of_test_results_that_are_not_there_or_may_have_chosen_it_is_not_said(study, words, tested):
    assert "also evaluated" not in as_plain(selection(study(*words, tested=tested)).text)


@pytest.mark.parametrize("sets", [SETS, {"train": ["a"], "val": ["b"], "test": ["c"]}])
def test_what_is_monitored_is_a_setting_where_there_is_a_validation_set(study, sets):
    keys = [key for key, *_ in settings_table.rows(study(sets=sets))]
    assert ("callbacks.checkpoint.monitor" in keys) == ("val" in sets)
    assert "callbacks.checkpoint._target_" in keys
