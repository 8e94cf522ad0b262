"""A training with everything on, as ``lungseg train`` does it."""

import csv

import pytorch_lightning as pl
import torch

from lungseg.training import setup
from lungseg.training.history import TIMES
from tests.training.compose import train_config

SIZE = 96  # whose crop to the body is smaller
EVERYTHING = (
    *("augment=strong", "data.outside=soft", "data.crop=body", "data.context=1"),
    *("sampling=hard", "scheduler=warmup_cosine", "scheduler.scheduler.warmup=0.3"),
    *("callbacks=[checkpoint,ema]", "+trainer.accumulate_grad_batches=2"),
    *("+trainer.gradient_clip_val=0.5", "optimizer=adam", "optimizer.lr=0.01"),
    *("model.base_channels=4", "model.depth=2", "trainer.max_epochs=3"),
    *("trainer.accelerator=cpu", "logger=none", "split=explicit"),
    *("split.train=[Case_000,Case_001]", "split.val=[Case_002]", "split.test=[Case_003]"),
)
AVERAGE, RAW = "state_dict", "current_model_state"


def train(cohort, folder, *callbacks, precision=32, resume=False, seed=0, changes=()):
    """Gives what the run leaves: its last checkpoint, and its rows without times."""
    own = (f"seed={seed}", f"trainer.precision={precision}", "data.batch_size=4")
    changed = {word.partition("=")[0] for word in changes}
    kept = (word for word in EVERYTHING if word.partition("=")[0] not in changed)
    config = train_config("data=lctsc", "data.root=given", *own, *kept, *changes)
    pl.seed_everything(config.seed, verbose=False)
    parts = setup.build_parts(config)
    split = setup.split_cohort(config, parts["split"], cohort)
    data = setup.build_datamodule(config, cohort, split, parts)
    module = setup.build_module(config, parts, list(data.datasets), {"seed": config.seed})
    trainer = setup.build_trainer(config, folder, None, list(callbacks), selects=True)
    last = folder / "checkpoints" / "last.ckpt"
    trainer.fit(module, data, ckpt_path=last if resume else None, weights_only=True)
    assert data.datasets["train"][0]["image"].shape == (3, 64, SIZE)
    rows = list(csv.DictReader((folder / "metrics.csv").open()))
    numbers = [{key: row[key] for key in row if key not in TIMES[1:]} for row in rows]
    return torch.load(last, weights_only=True), numbers


def differing(one, two):
    """Names of the weights, averaged and raw, that differ in any bit."""
    return [
        f"{key}: {name}"
        for key in (AVERAGE, RAW)
        for name, value in one[key].items()
        if not torch.equal(value, two[key][name])
    ]
