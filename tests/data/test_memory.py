import logging

import pytest
import torch

from lungseg.data.memory import fits, forget_others, kept

OLD, NEW = ("store", "case", "aa"), ("store", "case", "bb")


def test_read_once_until_the_content_changes():
    seen = []

    def read():
        seen.append(1)
        return len(seen), None

    assert kept(OLD, read) is kept(OLD, read)
    assert len(seen) == 1
    assert kept(NEW, read)[0] == 2
    forget_others([NEW])
    assert kept(NEW, read)[0] == 2
    assert kept(OLD, read)[0] == 3
    forget_others([])


@pytest.mark.parametrize(("gib", "fit"), [(0.99, True), (1.01, False)])
def test_slices_fill_at_most_half_of_what_is_free_on_a_gpu(monkeypatch, caplog, gib, fit):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 << 30, 8 << 30))
    with caplog.at_level(logging.WARNING):
        assert fits(gib, torch.device("cuda", 1)) is fit
    line = "slices take 1.0 GiB, more than half of the 2.0 GiB that are free on cuda:1"
    assert (line in caplog.text) is not fit


def test_the_memory_of_a_cpu_is_limited_by_cache_gib_alone():
    assert fits(1000, torch.device("cpu"))
