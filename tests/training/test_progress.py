"""The bar on a terminal, and how long it says that a training will last."""

import re
import sys

import pytest

from lungseg.training.progress import EpochBar
from tests.training.test_history import train


class Bars(EpochBar):
    """Keeps what each bar shows after each of its batches."""

    def __init__(self):
        super().__init__()
        self.shown = []

    def _advance(self, trainer):
        super()._advance(trainer)
        (task,) = self._progress.tasks
        self.shown.append((task.description, task.completed, task.total, task.fields["left"]))


@pytest.fixture
def bars(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    return Bars()


def fit(bars, folder):
    train(folder, epochs=2, callbacks=[bars])


def test_each_bar_says_how_long_the_training_will_last(bars, tmp_path):
    fit(bars, tmp_path)
    counted = [shown[:3] for shown in bars.shown]
    assert counted == [
        *(("epoch 1/2: training", n, 4) for n in (1, 2, 3, 4)),
        *(("evaluating", n, 8) for n in range(1, 9)),
        *(("epoch 2/2: training", n, 4) for n in (1, 2, 3, 4)),
        *(("evaluating", n, 8) for n in range(1, 9)),
    ]
    assert all(re.fullmatch(r"all epochs: \d:\d\d:\d\d left", shown[3]) for shown in bars.shown)


def test_no_bar_where_nobody_looks(bars, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    monkeypatch.setattr(bars, "_advance", lambda trainer: bars.shown.append(bars._progress))
    fit(bars, tmp_path)
    assert set(bars.shown) == {None}
