"""With everything on: a resumed run and two processes give what one run at a stretch gives."""

import csv

import pytest
import pytorch_lightning as pl
import torch

from lungseg.data.prepare import prepare
from lungseg.phantom.cases import make_case
from lungseg.phantom.files import write_case
from lungseg.sources.lctsc import LctscFolder
from lungseg.training import setup
from lungseg.training.history import TIMES
from tests.conftest import Cli
from tests.training.compose import train_config
from tests.training.test_module import KillAt, Killed

pytestmark = pytest.mark.slow

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


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    for index in range(4):
        write_case(make_case(index, size=SIZE, n_slices=12), folder, index)
    return folder


@pytest.fixture(scope="module")
def cohort(root, tmp_path_factory):
    return prepare(LctscFolder(root), tmp_path_factory.mktemp("store"))


def train(cohort, folder, *callbacks, precision=32, resume=False, seed=0):
    """As ``lungseg train`` does, from its configuration; gives what the run leaves."""
    own = (f"seed={seed}", f"trainer.precision={precision}", "data.batch_size=4")
    config = train_config("data=lctsc", "data.root=given", *own, *EVERYTHING)
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


@pytest.mark.parametrize("precision", [32, 64])
def test_a_resumed_run_equals_an_unbroken_one_bit_for_bit(cohort, precision, tmp_path):
    whole, numbers = train(cohort, tmp_path / "whole", precision=precision)
    assert len(numbers) == 3
    assert any(not torch.equal(value, whole[RAW][name]) for name, value in whole[AVERAGE].items())
    with pytest.raises(Killed):
        train(cohort, tmp_path / "broken", KillAt(epoch=1), precision=precision)
    resumed, numbers_resumed = train(cohort, tmp_path / "broken", precision=precision, resume=True)
    assert differing(whole, resumed) == []
    assert numbers_resumed == numbers


def test_the_same_seed_is_the_same_run(cohort, tmp_path):
    first, numbers = train(cohort, tmp_path / "first")
    again, numbers_again = train(cohort, tmp_path / "again")
    assert differing(first, again) == []
    assert numbers_again == numbers
    other, numbers_of_other = train(cohort, tmp_path / "other", seed=1)
    assert differing(first, other)
    assert numbers_of_other != numbers


def test_two_processes_equal_one(root, tmp_path):
    processes = {
        "one": ["data.batch_size=4"],
        "two": ["trainer=ddp", "trainer.devices=2", "data.batch_size=2"],
    }
    for name, arguments in processes.items():
        done = Cli(tmp_path)(
            *("train", "data=lctsc", f"data.root={root}", "report=false", *arguments, *EVERYTHING),
            # In float32 rounding alone, which training magnifies, makes differences of this size.
            *("trainer.precision=64", f"hydra.run.dir={name}"),
        )
        assert done.returncode == 0, done.stderr
    one, two = (list(csv.DictReader((tmp_path / n / "metrics.csv").open())) for n in processes)
    assert len(one) == len(two) == 3
    names = [name for name in one[0] if "/" in name]
    assert len(names) == 9
    for before, after in zip(one, two, strict=True):
        for name in names:
            assert float(after[name]) == pytest.approx(float(before[name]), abs=1e-6), name
    one, two = ((tmp_path / n / "evaluation" / "slices.csv").read_text() for n in processes)
    assert one == two
