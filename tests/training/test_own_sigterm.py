"""Who handles SIGTERM while Lightning trains."""

import signal

import pytest
import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from lungseg.training.own_sigterm import OwnSigterm


class Line(LightningModule):
    """A network of one weight."""

    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(1, 1)

    def training_step(self, batch, index):
        return self.net(batch).sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Watch(Callback):
    """Notes the handler in each step."""

    def __init__(self):
        self.handlers = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.handlers.append(signal.getsignal(signal.SIGTERM))


@pytest.fixture
def ours():
    def handle(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, handle)
    yield handle
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("slurm", [False, True])
def test_the_handler_from_before_unless_under_slurm(ours, slurm, monkeypatch, tmp_path):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    if slurm:
        monkeypatch.setenv("SLURM_JOB_ID", "1")
    watch = Watch()
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=1,
        callbacks=[OwnSigterm(), watch],
        default_root_dir=tmp_path,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Line(), torch.utils.data.DataLoader(torch.ones(2, 1)))
    assert [handler is ours for handler in watch.handlers] == [not slurm] * 2
    assert signal.getsignal(signal.SIGTERM) is ours
