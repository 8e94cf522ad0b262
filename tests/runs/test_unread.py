"""A setting that nothing reads is refused; one that something reads is not."""

import copy
import re

import pytest
from omegaconf import OmegaConf

from lungseg.errors import ConfigError
from lungseg.runs.unread import drop_unchosen, refuse_unread
from tests.runs.conftest import all_options, composed

REFUSED = {
    "a new key": (["train", "+transforms=flip"], "transforms: nothing reads this setting"),
    "an empty node": (["train", "+transforms={}"], "transforms: nothing reads this setting"),
    "a null": (["train", "+transforms=null"], "transforms: nothing reads this setting"),
    "below data": (["train", "+data.augmentation=true"], "data.augmentation: nothing reads"),
    "a dictionary": (["train", "+data={augmentation: true}"], "data.augmentation: nothing reads"),
    "below metrics": (["evaluate", "+metrics.treshold=1"], "exist: metrics.threshold"),
    "below parallel": (["prepare", "+parallel.n_job=2"], "exist: parallel.n_jobs"),
    "below scheduler": (["train", "scheduler=cosine", "+scheduler.T_max=3"], "scheduler.T_max"),
    "no scheduler": (["train", "+scheduler.T_max=3"], "scheduler.T_max: nothing reads"),
    "displaced": (
        ["prepare", "data=tcia", "data.root=a", "data.source.numbers=b"],
        "data.source.numbers: takes its value from data.numbers, which now has no effect",
    ),
    "of another source": (["train", "+data.cases=patient"], "data.cases: nothing reads"),
    "of another command": (["evaluate", "+trainer.precision=32"], "one of lungseg train"),
    "typed for another": (["prepare", "+data.batch_size=3"], "prepare does not read this"),
    "what we set": (["train", "+trainer.enable_progress_bar=true"], "lungseg sets this itself"),
    "no class": (["train", "logger=none", "+logger.mode=online"], "logger has no _target_"),
    "no class of a callback": (["train", "+callbacks.mine.x=1"], "callbacks.mine has no _target_"),
    "compare": (["compare", "+seed=1"], "seed: compare does not read this setting"),
    "export": (["export", "+seed=1"], "seed: export does not read this setting"),
    "deidentify": (["deidentify", "+data.root=x"], "data.root: deidentify does not read"),
    "referred to by what is not read": (["train", "+a=1", "+b=${a}"], "a: nothing reads"),
}


@pytest.mark.parametrize(("words", "line"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(words, line):
    with pytest.raises(ConfigError, match=re.escape(line)):
        refuse_unread(words[0], *composed(*words))


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("+foo=1", "^foo: nothing reads this setting$"),
        ("+epochs=1", "^epochs: .* exist: .*trainer.max_epochs"),
    ],
)
def test_only_names_that_are_alike_are_offered(typed, line):
    with pytest.raises(ConfigError, match=line):
        refuse_unread("train", *composed("train", typed))


@pytest.mark.parametrize("words", all_options(), ids=" ".join)
def test_no_shipped_setting_is_refused(words):
    refuse_unread(words[0], *composed(*words))


@pytest.mark.parametrize("name", ["fast", "strong"])
def test_an_experiment_s_settings_of_a_callback_go_with_the_callback(name):
    words = ["train", f"experiment={name}", "callbacks=[checkpoint,progress]"]
    config, hydra = copy.deepcopy(composed(*words))
    drop_unchosen(config, hydra)
    assert set(config.callbacks) == {"checkpoint", "progress"}
    refuse_unread("train", config, hydra)


@pytest.mark.parametrize(
    "typed", ["+callbacks.ema.decay=0.5", "++callbacks={ema: {decay: 0.5}}", "+callbacks.emma.x=1"]
)
def test_what_was_typed_for_a_callback_that_is_not_there_is_refused(typed):
    config, hydra = copy.deepcopy(composed("train", "callbacks=[checkpoint]", typed))
    drop_unchosen(config, hydra)
    with pytest.raises(ConfigError, match="callbacks.emm?a has no _target_"):
        refuse_unread("train", config, hydra)


@pytest.mark.parametrize(
    ("file", "text", "word"),
    [
        ("callbacks/own.yaml", "own:\n  target: mine.Callback\n", "callbacks=[checkpoint,own]"),
        ("experiment/own.yaml", "# @package _global_\ncallbacks:\n  emma:\n    decay: 0.5\n",
         "experiment=own"),
    ],
)  # fmt: skip
def test_a_slip_in_a_file_of_one_s_own_is_refused(file, text, word, tmp_path):
    (tmp_path / file).parent.mkdir()
    (tmp_path / file).write_text(text)
    config, hydra = copy.deepcopy(composed("train", word, config_dir=tmp_path))
    drop_unchosen(config, hydra)
    with pytest.raises(ConfigError, match="has no _target_"):
        refuse_unread("train", config, hydra)


READ = {
    "by reference": ["+my_lr=0.1", "optimizer.lr=${my_lr}"],
    "by reference through another": ["+a=1", "+b=${a}", "optimizer.lr=${b}"],
    "by a node": ["+my.mean=1", "+my.std=2", "+trainer.barebones=${my}"],
    "inside a list": ["+wide=32", "model=monai_unet", "model.channels=[8,16,${wide},64]"],
    "by a resolver": ["+my_lr=0.1", "optimizer.lr=${oc.select:my_lr,1}"],
    "by name within a name": ["+rates.sgd=0.1", "+which=sgd", "optimizer.lr='${rates.${which}}'"],
    "by Hydra": ["+tag=first", "hydra.run.dir=out/${tag}"],
    "by a constructor": ["+trainer.gradient_clip_val=1.0"],
}


@pytest.mark.parametrize("words", READ.values(), ids=READ)
def test_what_is_read_is_taken(words):
    refuse_unread("train", *composed("train", *words))


@pytest.mark.parametrize("text", ["mine: 0.1\nalpha: ${.mine}", "alpha: ${..mine}"])
def test_what_a_relative_name_refers_to_is_read(text, tmp_path):
    (tmp_path / "loss").mkdir()
    (tmp_path / "loss" / "mine.yaml").write_text(f"defaults: [combo]\n{text}\n")
    above = ["+mine=0.1"] if ".." in text else []
    refuse_unread("train", *composed("train", "loss=mine", *above, config_dir=tmp_path))


@pytest.mark.parametrize("opts", ["['${..base}']", "[0,['${...base}',1]]", "[{x:'${...base}'}]"])
def test_a_relative_name_inside_a_list_counts_from_its_element(opts):
    words = ["train", "+mine.base=33", f"+mine.opts={opts}", "+trainer.barebones=${mine.opts}"]
    config, hydra = composed(*words)
    assert "33" in str(OmegaConf.to_container(config.mine, resolve=True)["opts"])
    refuse_unread("train", config, hydra)


def test_one_file_may_describe_data_for_all_commands(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.yaml").write_text("defaults: [phantom]\nbatch_size: 8\n")
    for command in ("prepare", "train", "evaluate"):
        refuse_unread(command, *composed(command, "data=mine", config_dir=tmp_path))


def test_a_key_in_a_file_of_the_users_is_refused_too(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.yaml").write_text("defaults: [phantom]\naugmentation: flip\n")
    config = composed("train", "data=mine", config_dir=tmp_path)
    with pytest.raises(ConfigError, match=r"data.augmentation: nothing reads this setting"):
        refuse_unread("train", *config)


def test_an_experiment_without_its_first_line_is_told_about_it(tmp_path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text("loss: {alpha: 0.2}\n")
    config = composed("train", "experiment=mine", config_dir=tmp_path)
    with pytest.raises(ConfigError, match="experiment: the chosen file changes nothing"):
        refuse_unread("train", *config)
