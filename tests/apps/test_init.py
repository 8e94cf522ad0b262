"""``lungseg train init=RUN``: fine-tuning, and what it refuses."""

import hashlib
import json
import logging
import shutil

import pytest
import torch

from lungseg.cli import main

SAME = ("data=lctsc", "model.base_channels=4", "model.depth=2", "optimizer.lr=1e-9",
        "trainer.precision=32", "logger=none", "report=false", "trainer.max_epochs=1")  # fmt: skip
TRAIN_CASE, TEST_CASE = "Case_000", "Case_002"  # of the fixture's run


def explicit(*test):
    """The pre-training's test case trains; what is tested is given."""
    return ["split=explicit", f"split.test=[{','.join(test)}]", f"split.train=[{TEST_CASE}]"]


@pytest.fixture
def train(trained, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]

    def run(*words):
        code = main(["train", *SAME, f"data.root={trained.source}", *words])
        out, err = capfd.readouterr()
        assert code == 0, err
        return out + err

    yield run
    logging.getLogger().handlers[:] = handlers


def load(folder):
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)


def test_fine_tuning_starts_from_the_weights_and_resumes_without_them(train, run, tmp_path):
    sets = ["split=explicit", f"split.test=[{TEST_CASE}]", f"split.train=[{TRAIN_CASE}]"]
    said = train(*sets, f"init={run}", "freeze=[encoder.*]", "hydra.run.dir=tuned")
    before, after = load(run), load(tmp_path / "tuned")
    assert f"initial weights: {len(before['state_dict'])} of {len(before['state_dict'])}" in said
    for name, value in before["state_dict"].items():
        if name.startswith("net.encoder"):
            assert torch.equal(after["state_dict"][name], value)
        elif "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(after["state_dict"][name], value)  # of a rate of 1e-9
    file = run / "checkpoints" / "last.ckpt"
    noted = json.loads((tmp_path / "tuned" / "provenance.json").read_text())
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert after["lungseg"]["init"]["sha256"] == noted["init_sha256"] == sha256
    assert str(run) not in json.dumps([after["lungseg"], noted])

    shutil.rmtree(run)
    assert main(["train", "resume=tuned", "trainer.max_epochs=2"]) == 0
    assert load(tmp_path / "tuned")["lungseg"]["init"] == after["lungseg"]["init"]
    assert load(tmp_path / "tuned")["epoch"] == 1


def test_a_test_case_that_was_trained_on_is_refused_also_a_generation_later(
    train, trained, refused, tmp_path
):
    words = ["train", *SAME, f"data.root={trained.source}"]
    line = refused(*words, *explicit(TRAIN_CASE), f"init={trained.run}")
    assert f"init: the pre-training has seen {TRAIN_CASE} of the test set" in line
    # What the second training saw besides is not all that its weights have seen.
    train(*explicit("Case_005"), f"init={trained.run}", "hydra.run.dir=second")
    line = refused(*words, "split=explicit", f"split.test=[{TRAIN_CASE},Case_005]",
                   "split.train=[Case_010]", "init=second")  # fmt: skip
    assert f"has seen {TRAIN_CASE} of the test set" in line


REFUSED = {
    "another network": (
        ["model.base_channels=6"],
        "init: no weight of UNet(depth=2, base_channels=4) fits UNet(depth=2, base_channels=6);",
    ),
    "a pattern of nothing": (["freeze=[encodr.*]"], "freeze: encodr.* matches no parameter"),
    "a factor of nothing": (["lr_scale=[{x.*: 2}]"], "lr_scale: x.* matches no parameter"),
    "no factor": (["lr_scale=[{head.*: -1}]"], "each with a number above 0"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_tuned_is_refused(what, trained, refused):
    words, message = REFUSED[what]
    same = [word for word in SAME if not word.startswith("model.base") or what != "another network"]
    line = refused("train", *same, f"data.root={trained.source}", f"init={trained.run}", *words)
    assert message in line


def test_another_network_or_input_than_in_the_pre_training_is_told(train, trained):
    words = [*explicit("Case_005"), f"init={trained.run}"]
    said = train(*words, "data.outside=soft", "intensity.upper=600", "model.depth=3")
    told = "data.outside=keep (now soft), intensity.upper=400 (now 600), model.depth=2 (now 3)"
    assert f"init: the pre-training had {told}" in said
    assert "init: the pre-training had" not in train(*words, "hydra.run.dir=same")


def test_no_checkpoint_there_is_refused(refused, tmp_path):
    for place in ("nowhere.ckpt", tmp_path):
        line = refused("train", "logger=none", f"init={place}")
        assert f"init: neither a checkpoint nor the folder of a run that has one [{place}]" in line
