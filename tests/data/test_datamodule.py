"""Batches of slices of cases that differ in size."""

from collections import Counter
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch

from lungseg.data import datamodule, memory
from lungseg.data.datamodule import SliceDataModule
from lungseg.data.network_input import NetworkInput
from lungseg.data.prepare import prepare
from lungseg.errors import ConfigError
from lungseg.sources.lctsc import LctscFolder
from tests.conftest import MIXED_SIZES

BATCH = 4


@pytest.fixture(scope="module")
def cohort(mixed_sizes_root, tmp_path_factory):
    return prepare(LctscFolder(mixed_sizes_root), tmp_path_factory.mktemp("store"))


def data_module(cohort, **settings):
    sets = {"train": cohort.names, "test": cohort.names}
    defaults = {"batch_size": BATCH, "num_workers": 0, "cache_gib": 1, "seed": 0}
    return SliceDataModule(cohort, sets, NetworkInput(lambda image: image), **defaults | settings)


def keys(batch):
    return list(zip(batch["case"].tolist(), batch["z"].tolist(), strict=True))


def test_training_batches_have_slices_of_one_size_from_all_cases_of_it(cohort):
    data = data_module(cohort)
    loader = data.train_dataloader()
    made = list(loader)
    assert len(made) == len(loader)
    seen = Counter(key for batch in made for key in keys(batch))
    assert seen == Counter(data.datasets["train"].index)
    mixed_cases = 0
    for batch in made:
        (size,) = {MIXED_SIZES[case] for case, _ in keys(batch)}
        assert batch["image"].shape == batch["mask"].shape == (len(keys(batch)), 1, size, size)
        mixed_cases += len({case for case, _ in keys(batch)}) > 1
    assert mixed_cases > len(made) / 2
    n_slices = Counter()
    for case, _ in seen:
        n_slices[MIXED_SIZES[case]] += 1
    assert len(made) == sum(-(-n // BATCH) for n in n_slices.values())


def test_sizes_take_turns_in_an_order_of_seed_and_epoch(cohort):
    def order(seed=0, epoch=0):
        loader = data_module(cohort, seed=seed).train_dataloader()
        loader.batch_sampler.sampler.set_epoch(epoch)
        return [keys(batch) for batch in loader]

    assert order() == order()
    assert order() != order(seed=1)
    assert order() != order(epoch=1)
    sizes = [MIXED_SIZES[batch[0][0]] for batch in order()]
    changes = sum(a != b for a, b in pairwise(sizes))
    assert changes > 2 * len(set(sizes))


@pytest.mark.parametrize("cache_gib", [0, 1])
def test_pixels_of_masks_are_counted_with_and_without_a_cache(cohort, cache_gib):
    data = data_module(cohort, cache_gib=cache_gib)
    positives = data.training_slices.positives
    expected = [int((sample["mask"] != 0).sum()) for sample in data.datasets["train"]]
    assert positives.tolist() == expected
    assert 0 in expected


def test_the_final_pass_keeps_the_slices_of_a_case_in_order(cohort):
    for loader in data_module(cohort).test_dataloader():
        made = list(loader)
        assert len(made) == len(loader)
        index = [key for batch in made for key in keys(batch)]
        assert index == data_module(cohort).datasets["test"].index
        assert all(len({MIXED_SIZES[case] for case, _ in keys(batch)}) == 1 for batch in made)


def test_one_set_alone_leaves_the_others_in_memory(cohort):
    train, test = cohort.names[:2], cohort.names[2:3]
    settings = {"batch_size": BATCH, "num_workers": 0, "cache_gib": 1, "seed": 0}
    data = SliceDataModule(
        cohort, {"train": train, "test": test}, NetworkInput(lambda image: image), **settings
    )
    data.setup("fit")
    before = set(memory._kept)
    alone = data.only("test")
    alone.setup("test")
    (loader,) = alone.test_dataloader()
    assert {key for batch in loader for key in keys(batch)} == set(data.datasets["test"].index)
    assert set(memory._kept) == before != set()
    assert list(data.datasets) == ["train", "test"]  # the whole is as it was


def on_device(cohort):
    """A data module with data.cache=device, set up on what stands for a device."""
    data = data_module(cohort, on_device=True)
    strategy = SimpleNamespace(root_device=torch.device("cpu"))
    data.trainer = SimpleNamespace(strategy=strategy, global_rank=0, world_size=1)
    data.setup("fit")
    return data


def test_slices_are_put_on_the_device_of_the_training(cohort, monkeypatch):
    asked = []
    monkeypatch.setattr(datamodule, "fits", lambda gib, device: asked.append(gib) or True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    data = on_device(cohort)
    (loader, _) = data.test_dataloader()
    assert not loader.pin_memory  # tensors of a device cannot be
    there = {key for key in memory._kept if key[-1] == "cpu"}
    assert len(there) == len(cohort.names)
    seen = sum(3 * MIXED_SIZES[case] ** 2 for case, _ in data.datasets["train"].index)
    assert asked == [pytest.approx(2 * seen / 2**30)]  # of both sets
    data.setup("test")
    on_device(cohort)  # a later job of a sweep finds them there, whatever is free now
    assert len(asked) == 1
    assert there <= memory._kept.keys()


def test_slices_that_do_not_fit_stay_in_memory(cohort, monkeypatch):
    memory.forget_others([])
    monkeypatch.setattr(datamodule, "fits", lambda gib, device: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    data = on_device(cohort)
    (loader, _) = data.test_dataloader()
    assert loader.pin_memory
    assert len(memory._kept) == len(cohort.names)
    assert not any(key[-1] == "cpu" for key in memory._kept)


def test_a_place_in_mid_epoch_is_for_one_device(cohort):
    data = data_module(cohort)
    data.trainer = SimpleNamespace(world_size=2)
    data.load_state_dict({"epoch": 3, "batches": 0})
    with pytest.raises(ConfigError, match="resume it with trainer.devices=1"):
        data.load_state_dict({"epoch": 3, "batches": 5})
