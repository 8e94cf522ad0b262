"""Every command refuses a setting that nothing reads, before it does anything."""

import re

import pytest

REFUSED = {
    "train": (["train", "+transforms=flip"], "transforms: nothing reads this setting"),
    "train, below data": (["train", "+data.augmentation=true"], "data.augmentation: nothing reads"),
    "prepare": (["prepare", "+data.augmentation=true"], "data.augmentation: nothing reads"),
    "evaluate": (["evaluate", "run=x", "+trainer.max_epochs=3"], "evaluate does not read this"),
    "compare": (["compare", "runs=[a,b]", "+metrics=dsc"], "the nearest that exist: metric\n"),
    "deidentify": (["deidentify", "input=a", "output=b", "+keys=k"], "nearest that exist: key\n"),
    "an argument of the Trainer": (
        ["train", "+trainer.max_epoch=3"],
        "trainer.max_epoch: pytorch_lightning.Trainer takes no such argument; did you mean"
        " trainer.max_epochs?",
    ),
    "an argument of a callback": (
        ["train", "callbacks=[early_stopping]", "+callbacks.early_stopping.patiance=3"],
        "did you mean callbacks.early_stopping.patience?",
    ),
    "an argument of a schedule": (
        ["train", "scheduler=cosine", "+scheduler.scheduler.eta=0"],
        "did you mean scheduler.scheduler.eta_min?",
    ),
    "an argument of the logger": (["train", "+logger.entity=x"], "logger.entity: "),
    "an argument of the model": (["train", "+model.kernel=3"], "model: "),
    "an argument of the loss": (["train", "+loss.gamma=1"], "loss: "),
    "an argument of the source": (["prepare", "+data.source.flip=true"], "data: "),
    "an argument of the split": (["train", "+split.shuffle=true"], "split: "),
    "half a schedule": (["train", "+scheduler.monitor=train/loss"], "scheduler: has no"),
}


@pytest.mark.parametrize(("arguments", "line"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(arguments, line, refused, tmp_path):
    assert line in f"{refused(*arguments)}\n"
    assert not (tmp_path / "outputs" / "prepared").exists()


def test_a_file_of_the_users_is_held_to_the_same(refused, tmp_path):
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    file = tmp_path / "mine" / "experiment" / "flips.yaml"
    file.write_text("# @package _global_\ndata:\n  augmentation: flip\n")
    line = refused("train", f"--config-dir={tmp_path / 'mine'}", "experiment=flips")
    assert "data.augmentation: nothing reads this setting" in line


def test_jobs_of_a_sweep_are_checked_too(tmp_path, monkeypatch, capfd):
    from lungseg.cli import main

    monkeypatch.chdir(tmp_path)
    assert main(["train", "-m", "+transforms=flip,turn"]) != 0
    shown = "".join(capfd.readouterr())
    assert len(re.findall(r"job \d failed: transforms: nothing reads", shown)) >= 2
