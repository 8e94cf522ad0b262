"""Which process writes, by the environments that launchers make."""

import os

import pytest

from lungseg.rank import is_rank_zero, starts_apart

SEVERAL = {"devices": 2, "num_nodes": 2}
SLURM = {"SLURM_NTASKS": "4", "SLURM_NTASKS_PER_NODE": "2", "SLURM_JOB_NAME": "train"}

ENVIRONMENTS = {
    "none": ({}, SEVERAL, True),
    "Lightning, first": ({"LOCAL_RANK": "0", "NODE_RANK": "0"}, SEVERAL, True),
    "Lightning, second device": ({"LOCAL_RANK": "1", "NODE_RANK": "0"}, SEVERAL, False),
    "Lightning, second machine": ({"LOCAL_RANK": "0", "NODE_RANK": "1"}, SEVERAL, False),
    "Lightning, second machine, before it starts others": ({"NODE_RANK": "1"}, SEVERAL, False),
    "torchrun, first": (
        {"RANK": "0", "LOCAL_RANK": "0", "GROUP_RANK": "0", "WORLD_SIZE": "4"}, SEVERAL, True),
    "torchrun, second machine": (
        {"RANK": "2", "LOCAL_RANK": "0", "GROUP_RANK": "1", "WORLD_SIZE": "4"}, SEVERAL, False),
    "torchrun, first process on a machine that joined late": (
        {"RANK": "0", "LOCAL_RANK": "0", "GROUP_RANK": "1", "WORLD_SIZE": "4"}, SEVERAL, True),
    "Slurm, first": ({**SLURM, "SLURM_PROCID": "0"}, SEVERAL, True),
    "Slurm, third": ({**SLURM, "SLURM_PROCID": "2", "SLURM_LOCALID": "0"}, SEVERAL, False),
    "Slurm, in a shell": (
        {"SLURM_NTASKS": "4", "SLURM_PROCID": "2", "SLURM_JOB_NAME": "bash"}, SEVERAL, True),
    "Slurm, eight runs by themselves": ({**SLURM, "SLURM_PROCID": "2"}, {"devices": 1}, True),
    "Slurm, a command without a Trainer": ({**SLURM, "SLURM_PROCID": "2"}, None, True),
    "all devices": ({"LOCAL_RANK": "1"}, {"devices": "auto"}, False),
}  # fmt: skip


@pytest.mark.parametrize("what", ENVIRONMENTS)
def test_global_rank(what, monkeypatch):
    environment, trainer, expected = ENVIRONMENTS[what]
    for name in list(os.environ):
        if "RANK" in name or name.startswith("SLURM_"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_rank_zero(trainer) is expected


APART = {
    "torchrun": ({"RANK": "0", "WORLD_SIZE": "4"}, {"devices": 2}, True),
    "torchrun, one process": ({"RANK": "0", "WORLD_SIZE": "1"}, {"devices": "auto"}, False),
    "several machines": ({}, {"devices": 1, "num_nodes": 2}, True),
    "Slurm": (SLURM, {"devices": 2}, True),
    "Slurm, in a shell": ({**SLURM, "SLURM_JOB_NAME": "bash"}, {"devices": 2}, False),
    "Slurm, runs by themselves": (SLURM, {"devices": 1}, False),
    "Lightning": ({"LOCAL_RANK": "0", "NODE_RANK": "0"}, {"devices": 2}, False),
    "no Trainer": (SLURM, None, False),
}


@pytest.mark.parametrize("what", APART)
def test_processes_that_start_each_by_itself(what, monkeypatch):
    environment, trainer, expected = APART[what]
    for name in list(os.environ):
        if "RANK" in name or name.startswith("SLURM_"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert starts_apart(trainer) is expected


@pytest.mark.parametrize("rank", [0, 3])
def test_lightning_agrees(rank, monkeypatch):
    """With Slurm's environment, in which Lightning takes the rank from ``SLURM_PROCID``."""
    from lightning_fabric.plugins.environments import SLURMEnvironment

    environment = {**SLURM, "SLURM_PROCID": str(rank), "SLURM_LOCALID": "0", "SLURM_NODEID": "1"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert SLURMEnvironment.detect()
    assert is_rank_zero(SEVERAL) is (SLURMEnvironment().global_rank() == 0)
