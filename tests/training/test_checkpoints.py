"""Which files a training keeps, and that old ones can be resumed."""

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from lungseg.training.checkpoints import checkpoints


class Trainer:
    def __init__(self, **metrics):
        self.callback_metrics = metrics


def test_nothing_is_chosen_without_a_set_to_choose_by(tmp_path):
    (last,) = checkpoints(dirpath=tmp_path, monitor="val/loss", mode="min", select=False)
    assert (last.filename, last.monitor) == ("last", None)
    best, last = checkpoints(dirpath=tmp_path, monitor="val/dsc", mode="max", select=True)
    assert (best.filename, best.monitor, best.mode) == ("best", "val/dsc", "max")
    assert (last.filename, last.monitor) == ("last", None)


def test_the_state_of_the_choice_is_kept_under_the_name_of_before(tmp_path):
    best, _ = checkpoints(dirpath=tmp_path, monitor="val/loss", mode="min", select=True)
    plain = ModelCheckpoint(dirpath=tmp_path, monitor="val/loss", mode="min")
    assert best.state_key == plain.state_key


def test_an_epoch_without_a_number_is_passed_over(tmp_path, monkeypatch):
    best, _ = checkpoints(dirpath=tmp_path, monitor="val/loss", mode="min", select=True)
    saved = []
    monkeypatch.setattr(ModelCheckpoint, "on_train_epoch_end", lambda *_: saved.append(1))
    best.on_train_epoch_end(Trainer(), None)
    assert not saved
    best.on_train_epoch_end(Trainer(**{"val/loss": torch.tensor(1.0)}), None)
    assert saved


@pytest.mark.parametrize("mode", [None, "highest"])
def test_a_mode_that_is_none_is_refused(mode, tmp_path):
    with pytest.raises(Exception, match="mode"):
        checkpoints(dirpath=tmp_path, monitor="val/loss", mode=mode, select=True)
