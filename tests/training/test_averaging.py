"""EMA and SWA: the averages, what checkpoints have of them, and that they resume."""

import pytest
import pytorch_lightning as pl
import torch

from lungseg.errors import ConfigError
from lungseg.models.unet import UNet
from lungseg.runs.restore import restore
from lungseg.training.ema import EMA
from lungseg.training.swa import SWA
from tests.training import test_module as trainings
from tests.training.test_module import KillAt, Killed, weights

cohort, split = trainings.cohort, trainings.split  # fixtures
AVERAGES = {"ema": lambda: EMA(decay=0.9), "swa": lambda: SWA(start_epoch=1)}


def make(cohort, split, folder, *callbacks, epochs=3):
    folder.mkdir(exist_ok=True)
    return trainings.make(cohort, split, folder, callbacks=callbacks, epochs=epochs)


def load(folder):
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


class Watch(pl.Callback):
    """Keeps the trained weights after each step, and those that are validated."""

    def __init__(self):
        self.steps, self.ends, self.validated = [], [], []

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        self.steps.append(weights(module))
        if trainer.is_last_batch:
            self.ends.append(weights(module))

    def on_validation_batch_start(self, trainer, module, batch, batch_idx, dataloader_idx=0):
        if batch_idx == dataloader_idx == 0:
            self.validated.append(weights(module))


@pytest.mark.parametrize("name", AVERAGES)
def test_a_resumed_run_has_the_same_two_sets_of_weights_bit_for_bit(cohort, split, name, tmp_path):
    average = AVERAGES[name]
    trainer, module, data, whole = make(cohort, split, tmp_path / "whole", average())
    trainer.fit(module, data)
    unbroken = weights(module)

    folder = tmp_path / "broken"
    trainer, module, data, _ = make(cohort, split, folder, average(), KillAt(epoch=2))
    with pytest.raises(Killed):
        trainer.fit(module, data)
    trainer, module, data, resumed = make(cohort, split, folder, average())
    torch.manual_seed(99)
    trainer.fit(module, data, ckpt_path=folder / "checkpoints" / "last.ckpt", weights_only=True)
    assert same(unbroken, weights(module))
    one, two = load(tmp_path / "whole"), load(folder)
    for key in ("state_dict", "current_model_state", "averaging_state"):
        assert same(one[key], two[key]), key
    assert not same(one["state_dict"], one["current_model_state"])
    assert [row["test/dsc"] for row in whole.rows] == [row["test/dsc"] for row in resumed.rows]

    # Evaluation, prediction and export restore the average, also of a run that is only resumed to
    # be evaluated.
    assert same(unbroken, one["state_dict"])
    trainer, module, data, _ = make(cohort, split, folder, average())
    trainer.fit(module, data, ckpt_path=folder / "checkpoints" / "last.ckpt", weights_only=True)
    assert same(unbroken, weights(module))


def test_ema_is_the_recursion_of_its_formula(cohort, split, tmp_path):
    watch = Watch()
    trainer, module, data, _ = make(cohort, split, tmp_path, watch, EMA(decay=0.7), epochs=2)
    trainer.fit(module, data)
    expected = {name: value.double() for name, value in watch.steps[0].items()}
    for n, step in enumerate(watch.steps[1:], 1):
        d = min(0.7, (1 + n) / (10 + n))
        expected = {name: d * old + (1 - d) * step[name] for name, old in expected.items()}
    got = weights(module)
    for name, value in expected.items():
        if "num_batches" not in name:
            torch.testing.assert_close(got[name].double(), value, rtol=1e-5, atol=1e-6, msg=name)
    # Validated as they are in the end.
    assert same(watch.validated[-1], got)
    assert not same(watch.steps[-1], got)


def test_swa_is_the_mean_of_the_ends_of_epochs_with_statistics_of_its_own(cohort, split, tmp_path):
    watch = Watch()
    trainer, module, data, _ = make(cohort, split, tmp_path, watch, SWA(start_epoch=1))
    module.net.__class__ = UNet  # without dropout
    trainer.fit(module, data)
    got = weights(module)
    for name in dict(module.named_parameters()):
        mean = torch.stack([end[name].double() for end in watch.ends[1:]]).mean(0)
        torch.testing.assert_close(got[name].double(), mean, rtol=1e-5, atol=1e-6, msg=name)
    # Before it begins the trained weights are validated, then the averages.
    assert same(watch.validated[0], watch.ends[0])
    assert same(watch.validated[2], got)

    # The first batch norm sees the first convolution of the images, whatever the mode is.
    trainer.fit_loop.epoch_progress.current.processed = 2
    inputs = []
    norm = next(m for m in module.modules() if isinstance(m, torch.nn.BatchNorm2d))
    hook = norm.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    batches = list(data.train_dataloader())
    module.eval()
    for batch in batches:
        module(data.on_after_batch_transfer(batch, 0)["image"])
    hook.remove()
    means = torch.stack([x.mean((0, 2, 3)) for x in inputs]).mean(0)
    variances = torch.stack([x.var((0, 2, 3)) for x in inputs]).mean(0)
    torch.testing.assert_close(norm.running_mean, means)
    torch.testing.assert_close(norm.running_var, variances)
    assert norm.momentum == 0.1
    assert norm.num_batches_tracked == len(batches)


def test_a_checkpoint_of_an_average_is_restored_as_it(cohort, split, tmp_path):
    trainer, module, data, _ = make(cohort, split, tmp_path, EMA(), epochs=1)
    module.record = {
        "config": {"model": {"_target_": "lungseg.models.unet.UNet", "depth": 2,
                             "base_channels": 4}}
    }  # fmt: skip
    trainer.fit(module, data)
    restored = restore(load(tmp_path), tmp_path, ["test"], 0.5)
    assert same(weights(restored.net), weights(module.net))


def test_an_average_that_never_begins_is_refused(cohort, split, tmp_path):
    trainer, module, data, _ = make(cohort, split, tmp_path, SWA(start_epoch=2), epochs=2)
    with pytest.raises(ConfigError, match="start_epoch=2: the training ends before .* 1 or less"):
        trainer.fit(module, data)


@pytest.mark.parametrize("decay", [1, -0.1, "much", True])
def test_an_impossible_decay_is_refused(decay):
    with pytest.raises(ValueError, match="decay must be a number from 0 to below 1"):
        EMA(decay)


@pytest.mark.parametrize("epoch", [-1, 1.5])
def test_an_impossible_epoch_is_refused(epoch):
    with pytest.raises(ValueError, match="start_epoch must be"):
        SWA(epoch)
