"""The table of settings: every key of ``conf/`` is in it, once, with the right kind."""

from collections import Counter

import pytest
from omegaconf import OmegaConf

from lungseg.cli import COMMANDS
from lungseg.config import conf_dir, flatten
from lungseg.runs.settings import COMMANDS as READERS
from lungseg.runs.settings import TABLE, Shapes, concerns_result, row_of, shapes
from tests.runs.conftest import all_options, composed

SHAPES = {
    "seed": Shapes.WEIGHTS,
    "loss.alpha": Shapes.WEIGHTS,
    "scheduler.scheduler.T_max": Shapes.WEIGHTS,
    "data.batch_size": Shapes.WEIGHTS,
    "trainer.accumulate_grad_batches": Shapes.WEIGHTS,
    "trainer.gradient_clip_val": Shapes.WEIGHTS,
    "trainer.gradient_clip_algorithm": Shapes.WEIGHTS,
    "trainer.precision": Shapes.WEIGHTS,
    "trainer.devices": Shapes.WEIGHTS,  # the batch size is that of each device
    "trainer.limit_train_batches": Shapes.WEIGHTS,
    "trainer.check_val_every_n_epoch": Shapes.WEIGHTS,  # the best epoch is one that was validated
    "callbacks.checkpoint.monitor": Shapes.WEIGHTS,
    "callbacks.early_stopping.patience": Shapes.WEIGHTS,
    "metrics.threshold": Shapes.WEIGHTS,  # decides val/dsc, by which an epoch may be chosen
    "a.key.that.nobody.knows": Shapes.WEIGHTS,
    "trainer.max_epochs": Shapes.RESULT,
    "metrics.empty_dsc": Shapes.RESULT,
    "split.test": Shapes.RESULT,
    "data.source.cases": Shapes.RESULT,
    "data.masks": Shapes.RESULT,
    "data.on_finding.error": Shapes.RESULT,
    "parallel.n_jobs": Shapes.SPEED,
    "data.num_workers": Shapes.SPEED,
    "trainer.accelerator": Shapes.SPEED,
    "trainer.strategy": Shapes.SPEED,
    "trainer.deterministic": Shapes.SPEED,
    "compile": Shapes.SPEED,
    "trainer.benchmark": Shapes.SPEED,
    "outputs": Shapes.PLACE,
    "data.root": Shapes.PLACE,
    "data.source.root": Shapes.PLACE,
    "data.numbers": Shapes.PLACE,
    "logger.mode": Shapes.PLACE,
    "report": Shapes.PLACE,
    "callbacks.progress._target_": Shapes.PLACE,
}


@pytest.mark.parametrize(("key", "kind"), SHAPES.items())
def test_what_a_setting_shapes(key, kind):
    assert shapes(key) == kind


def test_no_key_is_listed_twice():
    assert [key for key, n in Counter(row.pattern for row in TABLE).items() if n > 1] == []


@pytest.mark.parametrize("words", all_options(), ids=" ".join)
def test_every_key_of_the_shipped_configuration_is_listed(words):
    config, _ = composed(*words)
    keys = flatten(OmegaConf.to_container(config))
    assert [key for key in keys if row_of(key) is None] == []


def test_every_option_of_every_group_was_walked():
    options = {
        f"{file.parent.relative_to(conf_dir()).as_posix()}={file.stem}"
        for file in conf_dir().glob("*/**/*.yaml")
    }
    walked = {word for words in all_options() for word in words}
    # These are chosen by others: data.lungs by sources, a launcher by -m.
    assert options - walked == {"data/lungs=names", "hydra/launcher=ray"} | {
        "callbacks=checkpoint", "callbacks=early_stopping", "callbacks=progress", "callbacks=ema",
        "callbacks=swa",
    }  # fmt: skip


def test_each_command_is_a_reader():
    assert set(READERS) == set(COMMANDS)
    assert all(any(command in row.read_by for row in TABLE) for command in COMMANDS)


def test_place_and_speed_do_not_concern_the_result():
    assert [concerns_result(key) for key in ("seed", "split.test", "outputs", "parallel.n_jobs")] == [
        True, True, False, False
    ]  # fmt: skip
