"""Which of a run's processes writes its records: the first of all, on all machines."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any


def is_rank_zero(trainer: Mapping[str, Any] | None) -> bool:
    """Whether this process has global rank 0 in its run.

    Known before torch is imported, from what torchrun, Slurm and Lightning's own launcher set, in
    the order in which Lightning looks for it.

    Args:
        trainer: Settings of the Trainer; None for a command that has none. A run on one device is
            a run by itself, whatever its environment says: ``srun --ntasks=8`` may start eight.
    """
    if trainer is None or _on_one_device(trainer):
        return True
    for name in ("RANK", "LOCAL_RANK"):
        if name in os.environ:
            # Lightning's launcher counts from 0 on each machine; the user numbers the machines.
            node = os.environ.get("NODE_RANK", os.environ.get("GROUP_RANK", "0"))
            return os.environ[name] == "0" and (name == "RANK" or node == "0")
    if "SLURM_NTASKS" in os.environ and not _in_shell():
        return os.environ.get("SLURM_PROCID", "0") == "0"
    return os.environ.get("NODE_RANK", os.environ.get("GROUP_RANK", "0")) == "0"


def starts_apart(trainer: Mapping[str, Any] | None) -> bool:
    """Whether the processes of this run start each by itself, not by Lightning's launcher.

    Args:
        trainer: As of :func:`is_rank_zero`.
    """
    if trainer is None or _on_one_device(trainer):
        return False
    by_torchrun = "RANK" in os.environ and os.environ.get("WORLD_SIZE") != "1"
    by_slurm = os.environ.get("SLURM_NTASKS", "1") != "1" and not _in_shell()
    return trainer.get("num_nodes", 1) != 1 or by_torchrun or by_slurm


def started_by_lightning() -> bool:
    """Whether Lightning's launcher started this process for a run whose first process it is not.

    torchrun and Slurm number their processes by other variables too.
    """
    return "RANK" not in os.environ and os.environ.get("LOCAL_RANK", "0") != "0"


def _on_one_device(trainer: Mapping[str, Any]) -> bool:
    return bool(trainer.get("devices", 1) == 1 and trainer.get("num_nodes", 1) == 1)


def _in_shell() -> bool:
    """Whether Slurm's job is a shell, in which its tasks are not processes of this run."""
    return os.environ.get("SLURM_JOB_NAME") in ("bash", "interactive")
