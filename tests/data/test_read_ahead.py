"""What a batch needs of the store is read at once, and each slice once."""

import multiprocessing
from collections import Counter

import numpy as np
import pytest

from lungseg.data.checked import CheckedArray
from lungseg.data.dataset import SliceDataset
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.prepare import prepare
from lungseg.data.read_ahead import ReadAhead, ahead, at_once
from lungseg.data.store import open_arrays
from lungseg.errors import DataError
from lungseg.sources.lctsc import LctscFolder
from tests.data.tampering import flip


@pytest.fixture(scope="module")
def cohort(phantom_root, tmp_path_factory):
    return prepare(LctscFolder(phantom_root), tmp_path_factory.mktemp("store"))


@pytest.fixture
def reads(monkeypatch):
    """How often each slice of the store is read, by the array's type and number."""
    counted = Counter()
    read = CheckedArray.__getitem__

    def count(array, selection):
        counted[str(array.dtype), selection] += 1
        return read(array, selection)

    monkeypatch.setattr(CheckedArray, "__getitem__", count)
    return counted


def test_a_batch_reads_each_slice_once(cohort, reads):
    network_input = NetworkInput(Window(-1000, 400), context=1)
    data = SliceDataset(cohort, cohort.names[:1], network_input, {}).evaluated()
    samples = data.__getitems__([5, 6, 7])
    images = {("int16", z): 1 for z in (4, 5, 6, 7, 8)}
    assert reads == images | {("uint8", z): 1 for z in (5, 6, 7)}
    np.testing.assert_array_equal(samples[1]["image"], np.stack(
        [open_arrays(cohort.store, cohort.names[0])[0][z] for z in (5, 6, 7)]
    ))  # fmt: skip


def test_nothing_is_kept_after_a_batch_or_an_error(cohort, reads, tmp_path):
    image, mask = (ReadAhead(one) for one in open_arrays(cohort.store, cohort.names[0]))
    with ahead([(image, 3), (mask, 3)]):
        image[3], mask[3], image[4]
        assert reads == {("int16", 3): 1, ("uint8", 3): 1, ("int16", 4): 1}
    image[3]
    assert reads["int16", 3] == 2
    with pytest.raises(IndexError), ahead([(image, 3), (image, 10_000)]):
        pass
    image[3]
    assert reads["int16", 3] == 4


def test_damage_is_named_from_a_thread_too(phantom_root, tmp_path):
    cohort = prepare(LctscFolder(phantom_root), tmp_path)
    flip(tmp_path / "Case_001.zarr/mask/c.6.0.0", np.random.default_rng(0))
    data = SliceDataset(cohort, cohort.names, NetworkInput(Window(-1000, 400)), {})
    (item,) = [k for k, key in enumerate(data.index) if key == (1, 6)]
    with pytest.raises(DataError, match=r"Case_001: mask/c\.6\.0\.0 is damaged in the store"):
        data.__getitems__([0, item])


def test_a_forked_process_has_threads_of_its_own():
    assert at_once(abs, [-1]) == [1]
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    child = fork.Process(target=lambda: answers.put(at_once(abs, [-2, 3])))
    child.start()
    child.join(20)
    assert child.exitcode == 0
    assert answers.get() == [2, 3]
