"""Slices of prepared cases, for training and for evaluation."""

import pickle

import numpy as np
import pytest
import torch

from lungseg.data.dataset import SliceDataset
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.outlines import outlines_of
from lungseg.data.prepare import prepare
from lungseg.data.store import open_arrays
from lungseg.errors import DataError
from lungseg.sources.lctsc import LctscFolder
from tests.backends import DEVICES

WINDOW = Window(-1000, 400)
CHANGED = NetworkInput(WINDOW, outside="soft", crop="body", context=1)


@pytest.fixture(scope="module")
def cohort(phantom_root, tmp_path_factory):
    return prepare(LctscFolder(phantom_root), tmp_path_factory.mktemp("store"))


def dataset(cohort, network_input, *, cached):
    names = cohort.names[:2]
    outlines = outlines_of(cohort.store, cohort.cases, names)
    made = SliceDataset(cohort, names, network_input, outlines)
    if cached:
        made.cache()
    return made


def same(first, second):
    """Whether two samples are equal bit for bit."""
    assert first.keys() == second.keys()
    return all(
        torch.equal(value, second[key]) if isinstance(value, torch.Tensor) else value == second[key]
        for key, value in first.items()
    )


@pytest.mark.parametrize("network_input", [NetworkInput(WINDOW), CHANGED])
def test_kept_and_read_slices_are_the_same(cohort, network_input):
    kept, read = (dataset(cohort, network_input, cached=cached) for cached in (True, False))
    for item in (0, 5, len(kept) - 1):
        for one, other in ((kept, read), (kept.evaluated(), read.evaluated())):
            assert same(one[item], other[item])


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("outside", ["keep", "soft", "channel"])
def test_slices_on_a_device_are_those_in_memory(cohort, device, outside):
    """Also of a network that sees each slice as it is, whose arrays are the stored ones."""
    network_input = NetworkInput(WINDOW, outside=outside)
    kept, placed = (dataset(cohort, network_input, cached=True) for _ in "ab")
    placed.keep_on(torch.device(device))
    placed.load()
    assert kept.keys != placed.keys
    for item in (0, 5, len(kept) - 1):
        for one, other in ((kept, placed), (kept.evaluated(), placed.evaluated())):
            made = other[item]
            assert (
                made["image"].device.type
                == made["target" if "frame" in made else "mask"].device.type
                == device
            )
            on_cpu = {
                key: value.cpu() if hasattr(value, "cpu") else value for key, value in made.items()
            }
            assert same(one[item], on_cpu)
    assert placed.positives().tolist() == kept.positives().tolist()


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("network_input", [NetworkInput(WINDOW), CHANGED])
def test_samples_of_a_batch_are_those_taken_one_by_one(cohort, network_input, cached):
    data = dataset(cohort, network_input, cached=cached)
    last = len(data) - 1  # of the second case
    for one in (data, data.evaluated()):
        batch = one.__getitems__([3, last, 4])
        assert all(
            same(sample, one[item]) for sample, item in zip(batch, (3, last, 4), strict=True)
        )


def test_what_is_kept_in_memory_does_not_go_to_a_worker_that_is_started_anew(cohort):
    kept = dataset(cohort, CHANGED, cached=True)
    bare = len(pickle.dumps(dataset(cohort, CHANGED, cached=False)))
    kept.load()
    sent = pickle.dumps(kept.evaluated())
    assert len(sent) < 1.01 * bare + 100
    assert all(same(pickle.loads(sent)[item], kept.evaluated()[item]) for item in (0, 7))
    assert kept.evaluated()._slices is kept._slices  # a twin in this process shares it


def test_in_evaluation_the_mask_is_the_cases_own(cohort):
    made = dataset(cohort, CHANGED, cached=False)
    sample = made.evaluated()[7]
    image, mask = open_arrays(cohort.store, cohort.names[0])
    np.testing.assert_array_equal(sample["mask"][0], mask[7])
    np.testing.assert_array_equal(sample["slice"][0], image[7])
    top, left, height, width = sample["frame"].box
    target = mask[7][top : top + height, left : left + width]
    np.testing.assert_array_equal(sample["target"][0], target)
    assert made[7].keys() == {"image", "mask", "case", "z"}
    np.testing.assert_array_equal(made[7]["mask"][0], target)


def test_memory_is_that_of_both_grids(cohort):
    plain = dataset(cohort, NetworkInput(WINDOW), cached=False)
    pixels = sum(np.prod(frame.own_size) for frame in plain.frames)
    assert plain.n_bytes == 3 * pixels
    finer = dataset(cohort, NetworkInput(WINDOW, matrix_size=4 * 64), cached=False)
    assert finer.n_bytes > plain.n_bytes * 2


def test_a_case_with_too_few_slices_is_named_before_anything_is_read(cohort):
    with pytest.raises(DataError, match=rf"^{cohort.names[0]}: data\.context=40: .* at least 81"):
        dataset(cohort, NetworkInput(WINDOW, context=40), cached=False)
