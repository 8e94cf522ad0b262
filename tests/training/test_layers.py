"""Frozen layers and layer-wise learning rates along a training."""

from functools import partial

import pytest
import torch

from lungseg.errors import ConfigError
from lungseg.models.unet import UNet
from lungseg.training.layers import freeze, matching, patterns_of, scales_of
from lungseg.training.module import SegmentationModule
from tests.training import test_module as trainings
from tests.training.compose import train_config
from tests.training.test_module import weights

cohort, split = trainings.cohort, trainings.split  # fixtures


def test_frozen_layers_stay_as_they_are_with_their_statistics(cohort, split, tmp_path):
    trainer, module, data, _ = trainings.make(cohort, split, tmp_path, epochs=2)
    freeze(module.net, ["encoder.*"])
    before = weights(module)
    trainer.fit(module, data)
    changed = {name for name, value in weights(module).items() if not value.equal(before[name])}
    # A bias before batch norm has no gradient.
    others = {name for name in before if "encoder." not in name and not name.endswith("bias")}
    assert others <= changed
    assert not any("encoder." in name for name in changed)
    assert any("running_mean" in name for name in changed)
    module.train()
    assert not module.net.encoder[0][1].training
    assert module.net.bottleneck[1].training


def module_of(optimizer, scales, scheduler=None):
    torch.manual_seed(0)
    net = UNet(depth=1, base_channels=2)
    settings = {"scheduler": scheduler, "interval": "step"} if scheduler else {}
    return SegmentationModule(
        net, torch.nn.PReLU(), optimizer, settings, sets=["train"], lr_scale=scales
    )


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.AdamW])
def test_each_parameter_has_the_rate_of_the_first_pattern_that_matches(optimizer):
    module = module_of(
        partial(optimizer, lr=0.1), {"encoder.0.0.*": 0.5, "encoder.*": 0.1, "head.*": 2}
    )
    rates = {}
    made = module.configure_optimizers()
    for group in made.param_groups:
        rates |= dict.fromkeys(map(id, group["params"]), group["lr"])
    assert made.param_groups[0]["lr"] == 0.1  # what is logged
    for name, parameter in module.named_parameters():
        expected = (
            0.05 if name.startswith("net.encoder.0.0.")
            else 0.01 if name.startswith("net.encoder.")
            else 0.2 if name.startswith("net.head.")
            else 0.1  # also of the loss
        )  # fmt: skip
        assert rates.pop(id(parameter)) == pytest.approx(expected), name
    assert not rates


def test_one_cycle_keeps_the_proportions():
    schedule = partial(
        torch.optim.lr_scheduler.OneCycleLR, max_lr=0.1, total_steps=9, cycle_momentum=False
    )
    module = module_of(partial(torch.optim.SGD, lr=0.1), {"encoder.*": 0.1}, schedule)
    made = module.configure_optimizers()
    optimizer, scheduler = made["optimizer"], made["lr_scheduler"]["scheduler"]
    peaks = [0, 0]
    for _ in range(9):
        rates = [group["lr"] for group in optimizer.param_groups]
        assert rates[1] == pytest.approx(0.1 * rates[0])
        peaks = [max(pair) for pair in zip(peaks, rates, strict=True)]
        optimizer.step()
        if scheduler.last_epoch < 8:
            scheduler.step()
    assert peaks == pytest.approx([0.1, 0.01], rel=0.05)


def test_patterns_as_hydra_gives_them():
    config = train_config("freeze=[encoder.0.*,head.*]", "lr_scale=[{encoder.*: 0.1}, {head.*: 2}]")
    assert patterns_of(config.freeze) == ["encoder.0.*", "head.*"]
    assert scales_of(config.lr_scale) == {"encoder.*": 0.1, "head.*": 2.0}
    assert (patterns_of(None), scales_of(None)) == ([], {})


@pytest.mark.parametrize("value", ["encoder.*", [1], [""], 3])
def test_what_is_no_list_of_patterns_is_refused(value):
    with pytest.raises(ConfigError, match="^freeze=.*: must be a list of patterns"):
        patterns_of(value)


@pytest.mark.parametrize("value", ["encoder.*", ["encoder.*"], [{"a": 0}], [{"a": True}], {"a": 1}])
def test_what_are_no_factors_is_refused(value):
    with pytest.raises(ConfigError, match="^lr_scale=.*each with a number above 0: lr_scale="):
        scales_of(value)


def test_a_pattern_of_nothing_is_refused_with_what_there_is():
    net = UNet(depth=1, base_channels=2)
    with pytest.raises(ConfigError, match=r"freeze: encodr\.\* matches no .* encoder\.\*, bottle"):
        freeze(net, ["encodr.*"])
    with pytest.raises(ConfigError, match=r"did you mean head\.weight\?"):
        matching(net, "head.weigt", "lr_scale")
    with pytest.raises(ConfigError, match=r"freeze=\[\*\]: leaves nothing to train"):
        freeze(net, ["*"])
