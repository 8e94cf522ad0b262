"""A trial that is far behind is given up; its siblings are not."""

from types import SimpleNamespace

import pytest
from optuna.trial import TrialState

from lungseg.errors import Pruned
from lungseg.search.prune import Pruning, Trial
from lungseg.status import write_status
from tests.search.worker import QuickLauncher, make_search


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


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_a_hopeless_trial_is_pruned_and_counts_as_finished(tmp_path, pruner):
    search = make_search(tmp_path, n_trials=7)
    search.run(Epochs(search.folder, str(tmp_path), pruner), [])
    trials = search.claims.trials()
    assert len(trials) == 7
    assert [trial.number for trial in trials if trial.state == TrialState.PRUNED] == [4]
    assert 2 <= trials[4].last_step < 9  # not in its first epoch


def test_nobody_is_pruned_after_the_last_epoch(tmp_path):
    search = make_search(tmp_path, n_trials=1)
    claimed = search.claims.claim()
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
