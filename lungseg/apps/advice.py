"""What is wrong with a machine for trainings, one line each, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LEAST_DISK_GIB = 5.0
"""A prepared cohort of a hundred cases of CT and a few runs."""
LEAST_MEMORY_GIB = 4.0
LEAST_SHM_GIB = 0.5
"""Docker gives 64 MiB, which a few batches fill."""


@dataclass(frozen=True)
class Machine:
    """What this process has.

    Attributes:
        cores: By affinity and quota.
        memory_gib: By the machine or by the limit of a job or container.
        free_gib: Of it, now.
        disk_gib: Free where results go; None where that is not known.
        shm_gib: Free in ``/dev/shm``; None where there is none.
        writable: Whether files can be made where results go.
        driver: Whether the driver of an NVIDIA GPU is installed.
        threads: Of torch; None where torch cannot be imported.
        gpu: Whether torch can use a GPU of NVIDIA.
        cuda_build: Whether torch was built with CUDA.
    """

    cores: float
    memory_gib: float
    free_gib: float
    disk_gib: float | None
    shm_gib: float | None
    writable: bool
    driver: bool
    threads: int | None = None
    gpu: bool = False
    cuda_build: bool = False


def advice(machine: Machine) -> Iterator[str]:
    """One line for each thing that is wrong."""
    if not machine.writable:
        yield "outputs: no file can be written there; choose another folder: outputs=DIR"
    if machine.disk_gib is not None and machine.disk_gib < LEAST_DISK_GIB:
        yield (
            f"disk: {machine.disk_gib:.1f} GiB are free at outputs; a cohort takes more: make room"
            " or set outputs=DIR"
        )
    if machine.free_gib < LEAST_MEMORY_GIB:
        yield (
            f"memory: {machine.free_gib:.1f} GiB are free; data.cache_gib=0 reads slices each time"
            " instead of keeping them"
        )
    if machine.shm_gib is not None and machine.shm_gib < LEAST_SHM_GIB:
        yield (
            f"/dev/shm: {machine.shm_gib:.2f} GiB are free, too little for data.num_workers above"
            " 0; docker run --shm-size=2g makes it larger"
        )
    if machine.threads is None:
        yield "torch: cannot be imported; install it anew, as pytorch.org says for this machine"
        return
    if machine.threads > max(machine.cores, 1):
        n = max(int(machine.cores), 1)
        yield (
            f"threads: torch starts {machine.threads} on {machine.cores:g} cores, which slows each"
            f" other down; set OMP_NUM_THREADS={n}"
        )
    if machine.driver and not machine.gpu:
        why = "finds none that it can use" if machine.cuda_build else "was built without CUDA"
        yield (
            f"GPU: a driver of NVIDIA is installed, but torch {why}; see pytorch.org for a build"
            " that fits the driver"
        )
