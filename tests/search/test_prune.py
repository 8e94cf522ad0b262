"""A trial that is far behind is given up; its siblings are not."""

import time
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from optuna.trial import TrialState

from lungseg.errors import Pruned
from lungseg.runs.status import write_status
from lungseg.search.prune import Pruning, Trial
from tests.search.worker import QuickLauncher, make_worker


class Strategy:
    def broadcast(self, value):
        return value


class Epochs(QuickLauncher):
    """Calls the callback as a trainer would: trial 4 stays at 0.1, the others rise to 0.9."""

    def __init__(self, folder, outputs, pruner):
        super().__init__(folder)
        self.outputs, self.pruner = outputs, pruner

    def _run(self, number, point):
        facts = Trial(None, self.outputs, "quick", number, "val/dsc", self.pruner, 2, 1)
        callback = Pruning(facts)
        trainer = SimpleNamespace(is_global_zero=True, max_epochs=9, strategy=Strategy())
        callback.on_fit_start(trainer, None)
        for epoch in range(9):
            trainer.current_epoch = epoch
            trainer.callback_metrics = {"val/dsc": 0.1 * epoch if number != 4 else 0.0}
            try:
                callback.on_train_epoch_end(trainer, None)
            except Pruned as pruned:
                (self.folder / str(number)).mkdir(parents=True)
                write_status(self.folder / str(number), "pruned", str(pruned))
                return
        super()._run(number, point)


class Tiny(pl.LightningModule):
    """One weight, and a look around at each step."""

    def __init__(self, look):
        super().__init__()
        self.look, self.layer = look, torch.nn.Linear(1, 1)

    def training_step(self, batch, index):
        self.look()
        return self.layer(batch).sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_a_hopeless_trial_is_pruned_and_counts_as_finished(tmp_path, pruner):
    worker = make_worker(tmp_path, n_trials=7)
    worker.run(Epochs(worker.folder, str(tmp_path), pruner), [])
    trials = worker.claims.trials()
    assert len(trials) == 7
    assert [trial.number for trial in trials if trial.state == TrialState.PRUNED] == [4]
    assert 2 <= trials[4].last_step < 9  # not in its first epoch


@pytest.mark.parametrize("end", ["finished", "pruned"])
def test_a_training_keeps_no_connection(tmp_path, postgres, end):
    from sqlalchemy import create_engine, text

    engine = create_engine(postgres)

    def connections():
        with engine.connect() as opened:
            return opened.execute(text("select count(*) from pg_stat_activity")).scalar()

    worker = make_worker(tmp_path, n_trials=1, study_name=f"closed {end}", storage=postgres)
    number = worker.claims.claim().number
    callback = Pruning(
        Trial(postgres, str(tmp_path), f"closed {end}", number, "val/dsc", "median", 0, 0)
    )
    trainer = pl.Trainer(
        max_epochs=2, callbacks=[callback], accelerator="cpu", logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    before = connections()
    during = []
    module = Tiny(lambda: during.append(connections()))
    if end == "pruned":
        callback._hopeless = lambda trainer: True
        with pytest.raises(Pruned):
            trainer.fit(module, torch.utils.data.DataLoader(torch.ones(1, 1)))
    else:
        trainer.fit(module, torch.utils.data.DataLoader(torch.ones(1, 1)))
    assert during[0] > before
    deadline = time.monotonic() + 5  # the server notes the end of one a moment later
    while connections() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert connections() == before
    engine.dispose()


def test_nobody_is_pruned_after_the_last_epoch(tmp_path):
    worker = make_worker(tmp_path, n_trials=1)
    claimed = worker.claims.claim()
    callback = Pruning(
        Trial(None, str(tmp_path), "quick", claimed.number, "val/dsc", "median", 0, 0)
    )
    trainer = SimpleNamespace(
        is_global_zero=True, max_epochs=1, strategy=Strategy(), current_epoch=0
    )
    trainer.callback_metrics = {"val/dsc": 0.0}
    callback.on_fit_start(trainer, None)
    callback._pruner = SimpleNamespace(prune=lambda study, trial: True)
    callback.on_train_epoch_end(trainer, None)
    trainer.max_epochs = 2
    with pytest.raises(Pruned, match="given up after epoch 1"):
        callback.on_train_epoch_end(trainer, None)
