"""A run that is stopped in the middle of an epoch ends as one that is not, bit for bit."""

import errno
import os
import signal
from functools import cache, partial

import pytest
import pytorch_lightning as pl
import torch

from tests.training.everything import differing, train

slow = partial(pytest.param, marks=pytest.mark.slow)
BATCHES = 6  # per epoch, and two per step of the optimizer


class SignalAt(pl.Callback):
    """Sends a signal to this process, in the middle of a batch."""

    def __init__(self, number, *, epoch, batch, evaluation=False):
        self.number, self.where, self.sent = number, (epoch, batch, evaluation), False

    def _maybe(self, trainer, batch_idx):
        here = (trainer.current_epoch, batch_idx, trainer.validating) == self.where
        if here and not self.sent:
            self.sent = True
            os.kill(os.getpid(), self.number)

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        self._maybe(trainer, batch_idx)

    def on_validation_batch_start(self, trainer, module, batch, batch_idx, dataloader_idx=0):
        self._maybe(trainer, batch_idx)


@pytest.fixture
def ours():
    """As the command's own handlers."""

    def handle(number, frame):
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.signal(number, handle) for number in numbers}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


RUNS = {
    "ema": {},
    "workers": {"changes": ["data.num_workers=1"]},
    "swa": {"changes": ["callbacks=[checkpoint,swa]", "callbacks.swa.start_epoch=0"]},
}


@pytest.fixture(scope="module")
def whole(everything_cohort, tmp_path_factory):
    """What each of the runs leaves when it is not stopped."""
    return cache(lambda name: train(everything_cohort, tmp_path_factory.mktemp(name), **RUNS[name]))


@pytest.mark.parametrize(
    ("run", "number", "where", "stands"),
    [
        # After the step of the optimizer, not the batch.
        ("ema", signal.SIGTERM, {"epoch": 1, "batch": 2}, (1, 4)),
        slow("workers", signal.SIGUSR1, {"epoch": 0, "batch": 0}, (0, 2)),
        slow("ema", signal.SIGINT, {"epoch": 1, "batch": BATCHES - 1}, (1, BATCHES)),
        slow("ema", signal.SIGTERM, {"epoch": 1, "batch": 0, "evaluation": True}, (1, BATCHES)),
        slow("swa", signal.SIGTERM, {"epoch": 1, "batch": 0, "evaluation": True}, (1, BATCHES)),
    ],
)
def test_resumed_in_mid_epoch(everything_cohort, whole, ours, run, number, where, stands, tmp_path):
    with pytest.raises(SystemExit):
        train(everything_cohort, tmp_path, SignalAt(number, **where), **RUNS[run])
    last = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    place = last["SliceDataModule"]
    assert (place["epoch"], place["batches"]) == stands
    assert last["epoch"] == where["epoch"] - 1  # the last that is complete
    resumed, numbers = train(everything_cohort, tmp_path, resume=True, **RUNS[run])
    unbroken, unbroken_numbers = whole("swa" if run == "swa" else "ema")
    assert differing(unbroken, resumed) == []
    assert numbers == unbroken_numbers
    names = {file.name for file in (tmp_path / "checkpoints").iterdir()}
    assert names == {"best.ckpt", "last.ckpt"}


def test_where_nothing_can_be_written_the_last_epoch_stays(
    everything_cohort, ours, tmp_path, monkeypatch, caplog
):
    def full(*arguments, **settings):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    class DiskFull(pl.Callback):
        def on_train_epoch_start(self, trainer, module):
            if trainer.current_epoch == 1:
                monkeypatch.setattr(trainer, "save_checkpoint", full)

    at = SignalAt(signal.SIGTERM, epoch=1, batch=2)
    with pytest.raises(SystemExit):
        train(everything_cohort, tmp_path, DiskFull(), at)
    last = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["SliceDataModule"] | {"errors": None} == {"epoch": 1, "batches": 0, "errors": None}
    assert "no checkpoint in mid-epoch: No space left on device" in caplog.text


@pytest.mark.parametrize("evaluation", [False, True])
def test_a_handler_that_returns_lets_the_training_go_on(
    everything_cohort, whole, tmp_path, evaluation
):
    """As submitit's of SIGTERM: what the averages have swapped is back in its place."""
    came = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    at = SignalAt(signal.SIGTERM, epoch=1, batch=0, evaluation=evaluation)
    try:
        left, numbers = train(everything_cohort, tmp_path, at, **RUNS["ema"])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert came == [signal.SIGTERM]
    unbroken, unbroken_numbers = whole("ema")
    assert differing(unbroken, left) == []
    assert numbers == unbroken_numbers
