"""Who handles a signal while Lightning trains, and when."""

import os
import signal

import pytest
import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from lungseg.training.held_signals import HeldSignals

NUMBERS = (signal.SIGTERM, signal.SIGUSR1)


class Line(LightningModule):
    """A network of one weight."""

    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(1, 1)

    def training_step(self, batch, index):
        return self.net(batch).sum()

    def validation_step(self, batch, index):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Send(Callback):
    """Sends signals at the start of the second batch, or of its evaluation, or after an epoch."""

    def __init__(self, *numbers, at="batch"):
        self.numbers, self.at = numbers, at

    def _send(self):
        numbers, self.numbers = self.numbers, ()
        for number in numbers:
            os.kill(os.getpid(), number)

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        if self.at == "batch" and batch_idx == 1:
            self._send()

    def on_validation_batch_start(self, trainer, module, *_):
        if self.at == "evaluation":
            self._send()

    def on_train_epoch_end(self, trainer, module):
        if self.at == "end":
            self._send()


class Saves:
    """In place of what writes checkpoints: notes how many batches had been trained."""

    def __init__(self, log):
        self.log = log

    def save(self, trainer):
        self.log.append(f"saved {trainer.fit_loop.epoch_loop.batch_progress.current.processed}")


@pytest.fixture
def ours(monkeypatch):
    """Handlers from before the training, which note that they were called and return."""
    log = []

    def handle(number, frame):
        log.append(signal.Signals(number).name)

    before = {number: signal.signal(number, handle) for number in (*NUMBERS, signal.SIGINT)}
    # Under Slurm, Lightning would requeue by handlers of its own.
    for name, value in {"NTASKS": "1", "JOB_ID": "1", "PROCID": "0", "LOCALID": "0"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    yield log
    assert [signal.getsignal(number) for number in NUMBERS] == [handle] * 2
    for number, handler in before.items():
        signal.signal(number, handler)


def train(folder, held, *callbacks, epochs=1, **settings):
    trainer = Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=epochs,
        num_sanity_val_steps=0,
        callbacks=[held, *callbacks],
        default_root_dir=folder,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **settings,
    )
    four = torch.utils.data.DataLoader(torch.ones(4, 1))
    trainer.fit(Line(), four, four)
    assert trainer.global_step == epochs * 4 / settings.get("accumulate_grad_batches", 1)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    ("at", "settings", "done"),
    [
        ("batch", {}, ["saved 2"]),
        ("batch", {"accumulate_grad_batches": 4}, ["saved 4"]),
        ("evaluation", {}, ["saved 4"]),
        # In the middle of the accumulation, of which no checkpoint has the gradients.
        ("evaluation", {"accumulate_grad_batches": 4, "val_check_interval": 2}, ["saved 4"]),
        ("end", {}, []),  # the epoch has its checkpoint
        ("end", {"epochs": 2}, []),
    ],
)
def test_a_signal_waits_for_the_checkpoint(ours, number, at, settings, done, tmp_path):
    train(tmp_path, HeldSignals(Saves(ours)), Send(number, at=at), **settings)
    assert ours == [*done, number.name]


def test_the_second_ctrl_c_does_not_wait(ours, tmp_path):
    train(tmp_path, HeldSignals(Saves(ours)), Send(signal.SIGINT, signal.SIGINT))
    assert ours == ["SIGINT", "saved 2", "SIGINT"]


def test_what_ends_a_process_may_come_several_times(ours, tmp_path):
    train(tmp_path, HeldSignals(Saves(ours)), Send(signal.SIGUSR1, signal.SIGTERM, signal.SIGTERM))
    assert ours == ["saved 2", "SIGUSR1"]


def test_without_checkpoints_nothing_waits(ours, tmp_path):
    class Step(Callback):
        def on_train_batch_end(self, *_):
            ours.append("step")

    train(tmp_path, HeldSignals(None), Send(signal.SIGTERM), Step())
    assert ours == ["step", "SIGTERM", "step", "step", "step"]


def test_what_is_held_is_handed_on_where_something_else_ends_the_training(ours, tmp_path):
    class Fails(Callback):
        def on_train_epoch_end(self, *_):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        train(tmp_path, HeldSignals(Saves(ours)), Send(signal.SIGTERM, at="end"), Fails())
    assert ours == ["SIGTERM"]
