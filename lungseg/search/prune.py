"""Ends a training that is far behind other trials of its search."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl

from lungseg.errors import Pruned
from lungseg.training.leaks import LOGGED

log = logging.getLogger(__name__)

TRIAL = "LUNGSEG_TRIAL"
"""Environment variable with the trial of a process, as JSON with the fields of `Trial`."""


@dataclass(frozen=True)
class Trial:
    """A job's trial, and the pruner that may end it."""

    storage: str | None
    outputs: str
    study_name: str
    number: int
    objective: str
    pruner: str
    startup_trials: int
    warmup_epochs: int


def this_trial(outputs: str) -> Trial | None:
    """This job's trial; None outside a search that prunes.

    Args:
        outputs: Folder of the results.
    """
    if TRIAL in os.environ:
        return Trial(**json.loads(os.environ[TRIAL]))
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    hydra_config = HydraConfig.get()
    sweeper = hydra_config.sweeper
    if hydra_config.mode != RunMode.MULTIRUN or "pruner" not in sweeper:
        return None
    if sweeper.pruner in (None, "none") or sweeper.objective not in LOGGED:
        return None
    return Trial(
        storage=sweeper.storage,
        outputs=outputs,
        study_name=sweeper.study_name,
        number=int(hydra_config.job.num),
        objective=sweeper.objective,
        pruner=sweeper.pruner,
        startup_trials=sweeper.pruner_startup_trials,
        warmup_epochs=sweeper.pruner_warmup_epochs,
    )


def pruning(outputs: str) -> list[pl.Callback]:
    """The callback that may end this job early; empty outside a search that prunes."""
    trial = this_trial(outputs)
    return [] if trial is None else [Pruning(trial)]


class Pruning(pl.Callback):
    """Reports the objective of each epoch that has one, and ends the training on the pruner's word.

    Args:
        trial: Which trial this training is.
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self._storage: Any = None

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Open the study, in the first process only."""
        if not trainer.is_global_zero:
            return
        import optuna

        from lungseg.search.storage import open_storage

        trial = self.trial
        self._pruner = build_pruner(trial, trainer.max_epochs or 1)
        try:
            self._storage = open_storage(trial.storage, trial.outputs, trial.study_name)
            study_id = self._storage.get_study_id_from_name(trial.study_name)
            self._id = self._storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
            self._study = optuna.load_study(study_name=trial.study_name, storage=self._storage)
        except Exception as error:
            log.warning(f"pruning: the study could not be opened ({type(error).__name__})")

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Report, ask, and end.

        Raises:
            Pruned: In all processes, if the pruner ends the trial.
        """
        hopeless = trainer.is_global_zero and self._hopeless(trainer)
        if trainer.strategy.broadcast(hopeless):
            epochs, name = trainer.current_epoch + 1, self.trial.objective
            raise Pruned(f"given up after epoch {epochs}: {name} is behind that of other trials")

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the connection to the study."""
        self._close()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Likewise, when the training was pruned or failed."""
        self._close()

    def _close(self) -> None:
        from lungseg.search.storage import close_storage

        close_storage(self._storage)

    def _hopeless(self, trainer: pl.Trainer) -> bool:
        value = trainer.callback_metrics.get(self.trial.objective)
        last = trainer.current_epoch + 1 >= (trainer.max_epochs or 1)
        if value is None:
            return False
        try:
            self._storage.set_trial_intermediate_value(
                self._id, trainer.current_epoch + 1, float(value)
            )
            # After its last epoch there is nothing left to save.
            return not last and self._pruner.prune(self._study, self._storage.get_trial(self._id))
        except Exception as error:  # an unreachable storage must not end a training
            log.warning(f"pruning: the study could not be asked ({type(error).__name__})")
            return False


def build_pruner(trial: Trial, max_epochs: int) -> Any:
    """A pruner of Optuna's; its steps are epochs, counted from 1."""
    import optuna

    if trial.pruner == "median":
        # Optuna prunes from this step on.
        first = trial.warmup_epochs + 1
        return optuna.pruners.MedianPruner(trial.startup_trials, n_warmup_steps=first)
    return optuna.pruners.HyperbandPruner(
        min_resource=trial.warmup_epochs + 1, max_resource=max_epochs
    )
