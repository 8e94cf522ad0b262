"""A run resumes from a checkpoint of its own settings, cases and sets, and from no other."""

import copy
import re

import pytest
from omegaconf import OmegaConf

from lungseg.errors import ConfigError
from lungseg.runs.resume import differences, refuse_other_run, refuse_shorter
from tests.runs.conftest import composed


def record(*overrides: str) -> dict:
    # As a run records the split where none is chosen: as the one that was used.
    config, _ = composed("train", "split=paper", "outputs=here", "ckpt_path=null", *overrides)
    return {
        "config": OmegaConf.to_container(config, resolve=True),
        "cohort_sha256": "c0ffee",
        "split": {"train": ["Case_000"], "test": ["Case_001"]},
    }


REFUSED = {
    "trainer.accumulate_grad_batches=4": "null",
    "trainer.gradient_clip_val=1.0": "null",
    "trainer.gradient_clip_algorithm=value": "null",
    "trainer.precision=32": "auto",
    "trainer.precision=bf16-mixed": "auto",
    "trainer.limit_train_batches=3": "null",
    "trainer.overfit_batches=1": "null",
    "trainer.check_val_every_n_epoch=2": "null",
    "trainer.devices=2": "1",
    "trainer.sync_batchnorm=true": "null",
    "callbacks.checkpoint.monitor=val/dsc": "val/loss",
    "data.batch_size=4": "3",
    "metrics.threshold=0.4": "0.5",
    "allow_test_selection=true": "false",
    "seed=1": "0",
    "loss.alpha=0.5": "0.6666666666666666",
    "model.depth=4": "3",
    "optimizer.lr=0.01": "0.1",
    "intensity.lower=-900": "-1000",
    "some.new.key=1": "null",
}


@pytest.mark.parametrize(("override", "before"), REFUSED.items())
def test_what_shapes_the_weights_has_to_stay(override, before):
    word = override if differences_with(override) else f"+{override}"
    with pytest.raises(ConfigError) as caught:
        refuse_other_run(record(), record(word))
    assert str(caught.value).startswith(f"{override}: the checkpoint's run had {before};")


def differences_with(override: str) -> bool:
    """Whether the shipped configuration has the key."""
    config, _ = composed("train")
    return OmegaConf.select(config, override.partition("=")[0], default=...) is not ...


FREE = (
    "parallel.n_jobs=2",
    "parallel.backend=dask",
    "data.num_workers=4",
    "data.cache_gib=0",
    "data.cache=device",
    "data.store=elsewhere",
    "data.root=elsewhere",
    "data.patients=case",
    "data.on_finding=warn",
    "metrics.empty_dsc=one",
    "report=false",
    "logger=none",
    "outputs=elsewhere",
    "trainer.max_epochs=20",
    "trainer.accelerator=cpu",
    "+trainer.deterministic=true",
    "+trainer.benchmark=true",
    "+trainer.strategy=ddp",
    "callbacks=[checkpoint]",
    "split=explicit",
)


@pytest.mark.parametrize("override", FREE)
def test_what_does_not_may_change(override):
    refuse_other_run(record(), record(override))


def test_spellings_of_one_precision_are_alike():
    refuse_other_run(record("trainer.precision=32"), record("trainer.precision=32-true"))


def test_hardware_that_resolves_auto_otherwise_is_no_other_setting():
    """The record has what was typed; what came of it stands in provenance.json."""
    refuse_other_run(record("trainer.precision=auto"), record("trainer.precision=auto"))


def test_a_schedule_over_the_whole_training_fixes_its_length():
    with pytest.raises(ConfigError, match=r"^trainer.max_epochs=20: .* had 10, .*T_max\); init="):
        refuse_other_run(
            record("scheduler=cosine"), record("scheduler=cosine", "trainer.max_epochs=20")
        )
    with pytest.raises(ConfigError, match=r"^loss.alpha=0.5: the checkpoint's run had"):
        refuse_other_run(
            record("scheduler=onecycle"),
            record("scheduler=onecycle", "trainer.max_epochs=20", "loss.alpha=0.5"),
        )
    plateau = ("scheduler=plateau", "scheduler.scheduler.patience=9", "trainer.max_epochs=20")
    with pytest.raises(ConfigError, match=r"^scheduler\.scheduler\.patience=9: .* had"):
        refuse_other_run(record("scheduler=plateau"), record(*plateau))
    one, longer = (
        record("scheduler=onecycle", f"trainer.max_epochs={epochs}") for epochs in (10, 20)
    )
    line = "trainer.max_epochs=20: the checkpoint's run had 10, and its learning rates depend on it"
    with pytest.raises(ConfigError, match=line):
        refuse_other_run(one, longer)
    refuse_other_run(one, one)


@pytest.mark.parametrize(
    ("key", "value", "override", "line"),
    [
        (
            "cohort_sha256",
            "decaf",
            "data.seed=1",
            "the cases differ from those of the checkpoint's run"
            " (data.seed=1, there 0; data.source.seed=1, there 0)",
        ),
        (
            "split",
            {"train": ["Case_001"], "test": ["Case_000"]},
            "split.test=[0]",
            "the split differs from that of the checkpoint's run"
            " (split.test=[0], there [2, 5, 10, 11])",
        ),
    ],
)
def test_cases_and_sets_are_compared_themselves(key, value, override, line):
    refuse_other_run(record(), record(override))
    with pytest.raises(ConfigError, match=re.escape(line)):
        refuse_other_run(record(), record(override) | {key: value})


def test_a_record_from_before_classes_moved_is_the_same_run():
    old = record()
    old["config"] = copy.deepcopy(old["config"])
    old["config"]["split"]["_target_"] = "lungseg.data.splits.Positions"
    old["config"]["data"]["source"]["_target_"] = "lungseg.data.sources.phantom.PhantomFolder"
    refuse_other_run(old, record())
    assert differences(old["config"], record()["config"]) == {}


def test_a_record_from_before_modes_followed_from_names_is_the_same_run():
    words = ("callbacks=[checkpoint,early_stopping]", "scheduler=plateau", "split=train_val_test")
    old = record(*words)
    for name in ("checkpoint", "early_stopping"):
        old["config"]["callbacks"][name]["mode"] = "min"
    for key in ("strict", "check_on_train_epoch_end"):
        del old["config"]["callbacks"]["early_stopping"][key]
    del old["config"]["scheduler"]["scheduler"]["mode"]
    refuse_other_run(old, record(*words))


def test_a_record_from_before_an_argument_came_is_the_same_run_at_its_default():
    old = record()
    old["config"] = copy.deepcopy(old["config"])
    del old["config"]["loss"]["empty"]
    refuse_other_run(old, record())
    refuse_other_run(record(), old)
    with pytest.raises(ConfigError, match="loss.empty=skip: the checkpoint's run had null"):
        refuse_other_run(old, record("loss.empty=skip"))
    old["config"]["loss"]["_target_"] = "lungseg.losses.DiceLoss"
    assert [*differences(old["config"], record()["config"])] == ["loss._target_", "loss.empty"]


def test_what_is_not_recorded_is_not_compared():
    hidden = record()
    hidden["config"]["loss"]["alpha"] = "(not recorded)"
    assert differences(hidden["config"], record()["config"]) == {}


def test_a_resumed_run_is_not_shorter_than_its_checkpoint():
    refuse_shorter(2, 2)
    refuse_shorter(2, 3)
    with pytest.raises(ConfigError, match=r"trainer.max_epochs=1: .* 2 epochs already"):
        refuse_shorter(2, 1)
