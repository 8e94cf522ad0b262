"""From settings to the parts of a training."""

import copy
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from lungseg.errors import ConfigError
from lungseg.models.unet import UNet
from lungseg.splits import Split
from lungseg.training.setup import build_module, build_parts, build_trainer, record_of, selects
from tests.training.compose import train_config

WITH_VAL = Split(train=["a"], test=["b"], val=["c"])
WITHOUT = Split(train=["a"], test=["b"])
LUNG = {
    "volume_ml": 2000.0,
    "mean_hu": -700.0,
    "n_components": 1,
    "centre": [0.5, 0.5, 0.5],
    "extent_mm": [200.0, 150.0, 100.0],
}


def test_the_parts_of_the_default_settings(tmp_path):
    config = train_config("model.depth=2", "model.base_channels=4", "trainer.accelerator=cpu")
    parts = build_parts(config)
    module = build_module(config, parts, ["train", "test"], {"seed": 0})
    assert isinstance(module.configure_optimizers(), torch.optim.SGD)
    trainer = build_trainer(config, tmp_path, None, [], selects=False)
    names = [type(callback).__name__ for callback in trainer.callbacks]
    # The row is written before the checkpoint that has to include it.
    assert names.index("History") < names.index("ModelCheckpoint")
    assert trainer.max_epochs == 10


def test_a_compiled_network_is_the_same_under_the_same_names(monkeypatch):
    # Without the compiler of machine code, which takes a minute.
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    plain, compiled = (
        build_module(config, build_parts(config), ["train", "test"], {})
        for config in (
            train_config("model.depth=2", "model.base_channels=4", f"compile={choice}")
            for choice in ("false", "true")
        )
    )
    compiled.load_state_dict(plain.state_dict())  # which is strict about names
    images = torch.rand(2, 1, 33, 32)  # padded
    expected = plain(images)
    torch.testing.assert_close(compiled(images), expected)
    assert compiled.net._compiled_call_impl is not None
    assert plain.net._compiled_call_impl is None
    torch.testing.assert_close(copy.deepcopy(compiled)(images), expected)  # as averages do


def test_an_argument_that_an_optimizer_refuses_is_named():
    with pytest.raises(ConfigError, match="optimizer: Invalid momentum value: -1"):
        build_parts(train_config("optimizer.momentum=-1"))


def test_what_is_no_sampling_is_refused():
    config = train_config("+sampling._target_=torch.nn.ReLU")
    with pytest.raises(ConfigError, match="sampling: torch.nn.ReLU is not a sampling, a subclass"):
        build_parts(config)


@pytest.mark.parametrize(
    ("overrides", "split", "expected"),
    [
        ([], WITH_VAL, True),
        ([], WITHOUT, False),
        (["callbacks=[progress]"], WITH_VAL, False),
        (["+trainer.limit_val_batches=0"], WITH_VAL, False),
        (["+trainer.limit_val_batches=0", "callbacks.checkpoint.monitor=train/loss"], WITH_VAL, True),
    ],
)  # fmt: skip
def test_a_best_epoch_is_chosen_only_where_something_can_choose_it(overrides, split, expected):
    assert selects(train_config(*overrides), split) is expected


def test_a_schedule_knows_its_interval():
    config = train_config("scheduler=cosine", "trainer.max_epochs=7")
    module = build_module(config, build_parts(config), ["train", "test"], {})
    optimizers = module.configure_optimizers()
    assert optimizers["lr_scheduler"]["interval"] == "epoch"
    assert optimizers["lr_scheduler"]["scheduler"].T_max == 7


def test_a_checkpoint_names_its_store_without_a_password():
    cohort = SimpleNamespace(
        store="ftp://me:geheim@host/store",
        sha256="0",
        image_sha256={},
        cases={
            name: {
                "spacing_mm": [3, 1, 1],
                "anatomy": {"right": LUNG, "left": LUNG},
                "fingerprint": {"shape": [9, 8, 8], "hu_percentiles": {"5": -1000, "95": 60}},
            }
            for name in WITHOUT.train
        },
        synthetic=True,
        patient_digests=None,
    )
    frames = [SimpleNamespace(seen=(64, 58))]
    data = SimpleNamespace(datasets={"train": SimpleNamespace(frames=frames)})
    parts = {"model": UNet(depth=3), "input": SimpleNamespace(channels=1)}
    made = record_of(train_config(), cohort, WITHOUT, parts, data)
    assert made["store"] == "ftp://(not recorded)@host/store"
    assert made["domain"]["slice_mm"] == [3, 3]
    assert made["padding"] == [0, 6]
    assert made["anatomy"]["n"] == 1
    assert made["anatomy"]["quantities"]["left_volume_ml"]["mean"] == 2000
