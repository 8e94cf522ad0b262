"""What ``lungseg doctor`` advises, and that it is silent where all is well."""

from dataclasses import replace

import pytest

from lungseg.apps.advice import Machine, advice

GOOD = Machine(
    cores=4, memory_gib=16, free_gib=12, disk_gib=100, shm_gib=8, writable=True, driver=True,
    threads=4, gpu=True, cuda_build=True,
)  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"disk_gib": None, "shm_gib": None},
        {"driver": False, "gpu": False, "cuda_build": False},
        {"cores": 0.5, "threads": 1},
    ],
)
def test_nothing_is_said_where_nothing_is_wrong(changed):
    assert [*advice(replace(GOOD, **changed))] == []


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        ({"writable": False}, ["outputs: no file can be written there"]),
        ({"disk_gib": 0.0}, ["disk: 0.0 GiB are free"]),
        ({"threads": 5}, ["torch starts 5 on 4 cores, .*set OMP_NUM_THREADS=4"]),
        ({"cores": 2.5, "threads": 3}, ["on 2.5 cores, .*set OMP_NUM_THREADS=2"]),
        ({"cores": 0.5, "threads": 2}, ["set OMP_NUM_THREADS=1"]),
        ({"free_gib": 3.9}, ["memory: 3.9 GiB are free; data.cache_gib=0"]),
        ({"shm_gib": 0.0625}, ["/dev/shm: 0.06 GiB are free.*docker run --shm-size=2g"]),
        ({"gpu": False}, ["torch finds none that it can use"]),
        ({"gpu": False, "cuda_build": False}, ["torch was built without CUDA"]),
        ({"threads": None, "disk_gib": 1}, ["disk: 1.0", "torch: cannot be imported"]),
    ],
)
def test_one_line_for_each_thing_that_is_wrong(changed, lines):
    import re

    said = [*advice(replace(GOOD, **changed))]
    assert len(said) == len(lines)
    assert all(re.search(line, text) for line, text in zip(lines, said, strict=True)), said
