"""What a training chose travels with its checkpoints."""

import shutil

import pytest
import torch

from lungseg.errors import ConfigError
from lungseg.runs.chosen import CHOICE, is_auto, keep_choice, postprocess_of, refuse_auto

LUNGS = {"_target_": "lungseg.inference.postprocess.Lungs", "n_lungs": 1}
AUTO = {"_target_": "lungseg.inference.postprocess.Auto", "lungs": LUNGS}


def record(postprocess, /, **more):
    return {"config": {"postprocess": postprocess}, **more}


def test_what_a_model_was_evaluated_with():
    assert postprocess_of({"config": {}}) is None  # an earlier version
    assert postprocess_of(record(LUNGS)) == LUNGS
    assert postprocess_of(record(AUTO, **{CHOICE: {"name": "lungs", "node": LUNGS}})) == LUNGS
    assert postprocess_of(record(AUTO, **{CHOICE: {"name": "none", "node": None}})) is None
    with pytest.raises(ConfigError, match="ended before it chose"):
        postprocess_of(record(AUTO))


def test_only_a_training_may_choose():
    assert [is_auto(node) for node in (AUTO, LUNGS, {}, None)] == [True, False, False, False]
    with pytest.raises(ConfigError, match="postprocess=auto: only a training chooses"):
        refuse_auto(AUTO)
    for node in (LUNGS, {}, None):
        refuse_auto(node)


def test_the_choice_is_all_that_changes_in_a_checkpoint(tmp_path):
    file = tmp_path / "checkpoints" / "last.ckpt"
    file.parent.mkdir()
    generator = torch.Generator().manual_seed(0)
    weights = {"a": torch.rand(3, generator=generator), "b": torch.tensor(2)}
    noted = record(AUTO, split={"train": ["x"]}, cohort_sha256="0")
    torch.save({"state_dict": weights, "epoch": 4, "lungseg": noted}, file)
    shutil.copy(file, file.with_name("best.ckpt"))
    keep_choice(tmp_path, {"name": "lungs", "node": LUNGS})
    for name in ("last.ckpt", "best.ckpt"):
        after = torch.load(file.with_name(name), weights_only=True)
        assert {key: value.tolist() for key, value in after["state_dict"].items()} == {
            key: value.tolist() for key, value in weights.items()
        }
        assert after["epoch"] == 4
        assert after["lungseg"] == noted | {CHOICE: {"name": "lungs", "node": LUNGS}}
    assert sorted(path.name for path in file.parent.iterdir()) == ["best.ckpt", "last.ckpt"]
    shutil.rmtree(file.parent)
    keep_choice(tmp_path, {"name": "none", "node": None})  # a run without checkpoints
    assert not list(tmp_path.iterdir())
