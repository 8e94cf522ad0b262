"""A training that is killed and resumed, beside one at a stretch."""

import pytest
import pytorch_lightning as pl
import torch

from tests.training import test_module as trainings
from tests.training.test_module import KillAt, Killed, weights


class Steps(pl.Callback):
    """Keeps the rate and the norm of the gradient of each step, and a random number per batch."""

    def __init__(self):
        self.rates, self.norms, self.draws = [], [], []

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        # Before the module seeds this batch: what is left of the last one's numbers.
        self.draws.append(torch.rand(1).item())

    def on_before_optimizer_step(self, trainer, module, optimizer):
        self.rates.append(optimizer.param_groups[0]["lr"])

    def on_before_zero_grad(self, trainer, module, optimizer):
        grads = [p.grad for p in module.parameters() if p.grad is not None]
        if grads:
            self.norms.append(torch.stack([g.norm() for g in grads]).norm().item())


def make(cohort, split, folder, *callbacks, scheduler=None, epochs=3, **trainer_settings):
    folder.mkdir(exist_ok=True)
    trainer, module, data, history = trainings.make(
        cohort, split, folder, callbacks=callbacks, epochs=epochs
    )
    if scheduler is not None:
        module._scheduler = {"scheduler": scheduler, "interval": "step", "steps_as": "total_steps"}
    for name, value in trainer_settings.items():
        setattr(trainer, name, value)
    return trainer, module, data, history


def resumed_equals_unbroken(cohort, split, folder, **settings):
    """Train once at a stretch and once with a kill; give what the first did."""
    steps = Steps()
    trainer, module, data, _ = make(cohort, split, folder / "whole", steps, **settings)
    trainer.fit(module, data)
    unbroken = weights(module)
    trainer, module, data, _ = make(cohort, split, folder / "broken", KillAt(epoch=1), **settings)
    with pytest.raises(Killed):
        trainer.fit(module, data)
    trainer, module, data, _ = make(cohort, split, folder / "broken", **settings)
    last = folder / "broken" / "checkpoints" / "last.ckpt"
    trainer.fit(module, data, ckpt_path=last, weights_only=True)
    assert all(torch.equal(unbroken[name], value) for name, value in weights(module).items())
    return steps, trainer
