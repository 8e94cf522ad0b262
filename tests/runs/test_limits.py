"""Limits of batch jobs and containers, in trees as Linux shows them."""

import os

import psutil
import pytest

from lungseg.runs import limits

GIB = 2**30


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """The groups of this process, and their files."""

    def make(own, files):
        (tmp_path / "own").write_text(own)
        for name, text in files.items():
            file = tmp_path / "cgroup" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n")
        monkeypatch.setattr(limits, "OWN", tmp_path / "own")
        monkeypatch.setattr(limits, "CGROUPS", tmp_path / "cgroup")
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {*range(8)}, raising=False)
        total = type("Memory", (), {"total": 64 * GIB})
        monkeypatch.setattr(psutil, "virtual_memory", lambda: total)

    return make


@pytest.mark.parametrize(
    ("own", "files", "cores", "memory"),
    [
        ("0::/\n", {}, 8, 64),
        ("0::/\n", {"cpu.max": "max 100000", "memory.max": "max"}, 8, 64),
        ("0::/\n", {"cpu.max": "250000 100000", "memory.max": str(4 * GIB)}, 2.5, 4),
        # Slurm limits a group above that of the step.
        (
            "0::/slurm/job/step\n",
            {"slurm/job/cpu.max": "300000 100000", "slurm/job/step/cpu.max": "max 100000",
             "slurm/job/memory.max": str(6 * GIB), "slurm/job/step/memory.max": str(7 * GIB)},
            3, 6,
        ),
        # Docker of the first version: the path is one of the host, the limits are at the root.
        (
            "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n",
            {"cpu/cpu.cfs_quota_us": "150000", "cpu/cpu.cfs_period_us": "100000",
             "memory/memory.limit_in_bytes": str(2 * GIB)},
            1.5, 2,
        ),
        (
            "4:memory:/\n3:cpu,cpuacct:/\n",
            {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000",
             "memory/memory.limit_in_bytes": "9223372036854771712"},
            8, 64,
        ),
        ("0::/\n", {"cpu.max": "1600000 100000"}, 8, 64),  # more than there are
    ],
)  # fmt: skip
def test_the_smallest_limit_counts(tree, own, files, cores, memory):
    tree(own, files)
    assert limits.cores() == cores
    assert limits.memory_bytes() == memory * GIB


def test_without_groups_the_machine_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "OWN", tmp_path / "none")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert limits.cores() == os.cpu_count()
    assert limits.memory_bytes() == psutil.virtual_memory().total


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_affinity_counts():
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert limits.cores() <= 1
    finally:
        os.sched_setaffinity(0, before)
