"""The LightningModule: a network, a loss, and exact counts of what came out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from lungseg.metrics.counts import SliceCounts
from lungseg.metrics.mean import WeightedMean
from lungseg.metrics.table import accuracy, dsc
from lungseg.models.padding import PADDING, Padding
from lungseg.processes import n_processes, sum_over_processes
from lungseg.training.direction import check_monitored
from lungseg.training.layers import SCALE, groups, hold_statistics
from lungseg.training.leaks import NUMBERS

RECORD = "lungseg"  # key under which a checkpoint keeps what made it


class SegmentationModule(pl.LightningModule):
    """Trains a network on slices and counts its hits and misses, slice by slice.

    Args:
        net: Maps images ``[B, c, y, x]`` to logits ``[B, 1, y, x]``; with deep supervision, in
            training, to a list of such logits, of which the first are counted. Images of a size
            that it does not take are padded for it (`lungseg.models.padding`).
        loss: Takes logits and target; None for a module that is only evaluated.
        optimizer: Makes an optimizer from parameters; likewise.
        scheduler: ``scheduler`` (a factory), ``interval`` (``epoch`` or ``step``) and, where the
            schedule follows a number, ``monitor``, where it has to know its length in steps,
            ``steps_as`` (the argument that takes it); or empty.
        sets: Names of all sets, in the order of the loaders of the final pass. All but ``train``
            are evaluated after each epoch.
        threshold: A pixel is lung when its probability is at least this.
        record: Plain containers saved with every checkpoint: configuration, split, cohort hash.
        lr_scale: Factors of the learning rate, by patterns of names of the network's parameters
            (`lungseg.training.layers`).
    """

    def __init__(
        self,
        net: nn.Module,
        loss: nn.Module | None = None,
        optimizer: Callable[[Any], Optimizer] | None = None,
        scheduler: dict[str, Any] | None = None,
        *,
        sets: Sequence[str],
        threshold: float = 0.5,
        record: dict[str, Any] | None = None,
        lr_scale: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        # Convolutions run about twice as fast on a CPU in this layout, and no slower on a GPU.
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loss = loss
        self.record = record or {}
        self.padding = Padding(self.record.get(PADDING, (0, 0)))
        self._optimizer = optimizer
        self._scheduler = scheduler or {}
        self._lr_scale = lr_scale or {}
        self.sets = tuple(sets)
        self._evaluated = False
        self._eval_sets = [name for name in sets if name != "train"]
        self._logit = logit(threshold)
        self.counts = nn.ModuleDict(
            {f"{name}_set": SliceCounts(repeats=name == "train") for name in sets}
        )
        self.losses = nn.ModuleDict({f"{name}_set": WeightedMean() for name in sets})

    def setup(self, stage: str) -> None:
        """Convert to the precision of the training before a checkpoint is restored.

        Lightning would convert after it, so that a run in float64 resumed from rounded weights.
        """
        self.trainer.precision_plugin.convert_module(self)

    def train(self, mode: bool = True) -> SegmentationModule:
        """Into training mode, but for batch norm of frozen layers, or into evaluation mode."""
        super().train(mode)
        hold_statistics(self.net)
        return self

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """Images ``[B, c, y, x]`` to logits ``[B, 1, y, x]``."""
        image = image.to(self.dtype)  # float64 where the precision says so
        return self.padding(self.net, image)

    def predict_mask(self, logits: Tensor) -> Tensor:
        """Logits to a boolean mask."""
        return logits.float() >= self._logit

    def training_step(self, batch: dict[str, Any], batch_idx: int) -> Tensor:
        """One step; the counts run over the epoch's own steps, as the weights change."""
        return self._step("train", batch)

    def validation_step(
        self, batch: dict[str, Any], batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """One batch of an evaluated set, after an epoch."""
        self._step(self._eval_sets[dataloader_idx], batch)

    def test_step(self, batch: dict[str, Any], batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """One batch of the final pass over all sets; returns its logits on the cases' own grid."""
        logits = self.own_logits(batch)
        self._count(self.sets[dataloader_idx], logits, batch)
        return logits

    def own_logits(self, batch: dict[str, Any]) -> Tensor:
        """Logits ``[B, 1, y, x]`` on the cases' own grid, of a batch made for evaluation."""
        return _framed(self(batch["image"]), batch)

    def _step(self, name: str, batch: dict[str, Any]) -> Tensor:
        logits = self(batch["image"])
        assert self.loss is not None
        # In evaluation, masks are on the cases' own grid, and the loss on that of the network.
        loss: Tensor = self.loss(logits, batch.get("target", batch["mask"]))
        if isinstance(logits, list):  # of several levels, the finest first
            logits = logits[0]
        n = len(batch["mask"])
        if n:
            with torch.no_grad():
                self._count(name, _framed(logits, batch), batch)
                self._mean_loss(name).update(loss.detach(), n)
        return _share(loss, n)

    def _count(self, name: str, logits: Tensor, batch: dict[str, Any]) -> None:
        prediction = self.predict_mask(logits)
        self._counts(name).update(prediction, batch["mask"], batch["case"], batch["z"])

    def table(self, name: str) -> NDArray[np.int64]:
        """Counts of one set since the last reset, ``[n, 6]``: case, z, tp, fp, fn, tn."""
        return self._counts(name).compute().cpu().numpy()

    def results(self, name: str) -> dict[str, float]:
        """Loss, accuracy and DSC of one set since the last reset, under their logged names.

        The loss is the mean over batches, weighted by slices; accuracy the mean over slices; DSC
        the mean over slices whose reference mask is not empty, nan if all are empty.
        """
        _, _, *counts = self.table(name).T
        tp, fp, fn, _ = counts
        overlap = dsc(tp, fp, fn)[tp + fn > 0]
        return {
            f"{name}/loss": float(self._mean_loss(name).compute()),
            f"{name}/accuracy": float(accuracy(*counts).mean()),
            f"{name}/dsc": float(overlap.mean()) if len(overlap) else math.nan,
        }

    def on_train_epoch_start(self) -> None:
        """Reset the counts."""
        self._reset("train")
        self._forget("train")

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Seed by step, so that random layers draw the same numbers in a resumed run."""
        if self._evaluated:
            self._evaluated = False
            self._forget(*self._eval_sets)
        seed = int(self.record.get("seed", 0))
        # Not global_step, which stays the same while gradients of several batches are accumulated.
        step = self.trainer.fit_loop.total_batch_idx
        torch.manual_seed((seed * 1_000_003 + step) * 1_009 + self.global_rank)

    def on_validation_epoch_start(self) -> None:
        """Reset the counts."""
        self._reset(*self._eval_sets)

    def on_validation_epoch_end(self) -> None:
        """Make results known to callbacks that monitor them."""
        for name in self._eval_sets:
            self.log_dict(self.results(name), logger=False)
        self._evaluated = True

    def _forget(self, *names: str) -> None:
        """Remove numbers of earlier weights from what callbacks see.

        Lightning keeps the last value of every name, so that an epoch that is not evaluated
        would pass for as good as the one before.
        """
        for name in names:
            for number in NUMBERS:
                self.trainer.callback_metrics.pop(f"{name}/{number}", None)

    def on_test_epoch_start(self) -> None:
        """Reset the counts."""
        self._reset(*self.sets)

    def _reset(self, *names: str) -> None:
        for name in names:
            self._counts(name).reset()
            self._mean_loss(name).reset()

    # Modules may not be named "train", hence the suffix.
    def _counts(self, name: str) -> SliceCounts:
        return cast(SliceCounts, self.counts[f"{name}_set"])

    def _mean_loss(self, name: str) -> WeightedMean:
        return cast(WeightedMean, self.losses[f"{name}_set"])

    def configure_optimizers(self) -> Any:
        """The optimizer, and its schedule if there is one."""
        assert self._optimizer is not None
        trained = [parameter for parameter in self.parameters() if parameter.requires_grad]
        optimizer = self._optimizer(
            groups(self.net, trained, self._lr_scale) if self._lr_scale else trained
        )
        factors = [group.get(SCALE, 1.0) for group in optimizer.param_groups]
        for group, factor in zip(optimizer.param_groups, factors, strict=True):
            group["lr"] *= factor
        if not self._scheduler:
            return optimizer
        make = self._scheduler["scheduler"]
        given: dict[str, Any] = {}
        if self._scheduler.get("steps_as"):
            given[self._scheduler["steps_as"]] = int(self.trainer.estimated_stepping_batches)
        peak = getattr(make, "keywords", {}).get("max_lr")
        if self._lr_scale and peak is not None:  # one-cycle takes no rates from the groups
            given["max_lr"] = [peak * factor for factor in factors]
        scheduler = make(optimizer, **given)
        interval = self._scheduler["interval"]
        config = {"scheduler": scheduler, "interval": interval}
        check_monitored(type(scheduler), interval, self._scheduler.get("monitor"))
        if isinstance(scheduler, ReduceLROnPlateau):
            # Lightning insists on a number to look up; on_train_epoch_end looks at the right one.
            config |= {"monitor": "train/loss"}
        return {"optimizer": optimizer, "lr_scheduler": config}

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        """Step by batch; ``on_train_epoch_end`` steps by epoch.

        Lightning would do that only after the checkpoint is written, and a resumed run would be
        one epoch behind.
        """
        if self._scheduler["interval"] == "step":
            scheduler.step()

    def on_train_epoch_end(self) -> None:
        """Step a schedule by epoch, before the checkpoint is written."""
        if not self._scheduler or self._scheduler["interval"] == "step":
            return
        scheduler = self.lr_schedulers()
        if isinstance(scheduler, ReduceLROnPlateau):
            value = self.trainer.callback_metrics.get(self._scheduler["monitor"])
            if value is not None:
                scheduler.step(float(value))
        elif isinstance(scheduler, LRScheduler):
            scheduler.step()

    def train_so_far(self) -> dict[str, Tensor]:
        """What the numbers of the training set will follow from, in mid-epoch."""
        mean = self._mean_loss("train")
        return {"table": self._counts("train").compute(), "loss": mean.total, "n": mean.n}

    def resume_train(self, so_far: dict[str, Tensor]) -> None:
        """Take over what :meth:`train_so_far` gave of the run that is resumed."""
        self._counts("train").resume(so_far["table"])
        self._mean_loss("train").resume(so_far["loss"], so_far["n"])

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take over what a checkpoint says of its origin, where the caller said nothing."""
        if not self.record:
            self.record = checkpoint.get(RECORD, {})
            self.padding = Padding(self.record.get(PADDING, (0, 0)))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what is needed to rebuild the model, as plain containers."""
        checkpoint[RECORD] = self.record


def logit(probability: float) -> float:
    """The logit of a probability between 0 and 1, with which logits are compared."""
    return math.log(probability / (1 - probability))


def _framed(logits: Tensor, batch: dict[str, Any]) -> Tensor:
    """Logits on the cases' own grid, in a batch that says how it lies to the network's."""
    return batch["frame"].scan(logits) if "frame" in batch else logits


def _share(loss: Tensor, n: int) -> Tensor:
    """Weigh the loss of `n` slices so that its mean over processes is that over all slices.

    The last batch of an epoch may not be dealt out evenly; a process without a slice still takes
    part in the sums of the others, and in their gradients.
    """
    if n_processes() == 1:
        return loss
    all_slices = sum_over_processes(loss.detach().new_tensor(n))
    mine = loss if n else loss.nan_to_num()  # a mean over nothing; a diverged loss stays nan
    return mine * (n * n_processes() / all_slices)
