"""Cases prepared in parallel with joblib."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from lungseg.errors import ConfigError, DataError

BACKENDS = ("loky", "dask", "ray")

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Parallel:
    """How many cases are processed at once, and by which backend.

    Attributes:
        n_jobs: Number of processes, each with one case in memory; -1 is one per core.
        backend: ``loky`` (processes of this machine), ``dask`` or ``ray`` (a cluster, or without
            an address processes of this machine).
        address: Address of a running Dask scheduler or Ray cluster.

    Raises:
        ConfigError: If the backend is unknown, or the number is neither positive nor -1.
    """

    n_jobs: int = 1
    backend: str = "loky"
    address: str | None = None

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ConfigError(f"parallel.backend={self.backend}: there are {', '.join(BACKENDS)}")
        if not isinstance(self.n_jobs, int) or (self.n_jobs < 1 and self.n_jobs != -1):
            raise ConfigError(
                f"parallel.n_jobs={self.n_jobs}: must be 1 or more, or -1 for all cores"
            )

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Generator[Result]:
        """Results as they come, in any order.

        Raises:
            DataError: If a process was killed, for example because memory ran out.
        """
        if self.n_jobs == 1 and self.address is None:
            yield from map(function, tasks)
            return
        import joblib
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        if self.backend == "loky":
            function = partial(_as_child_of, os.getpid(), function)
        with _cluster(self) as backend:
            # Ray returns all results at once, at the end.
            return_as = "list" if self.backend == "ray" else "generator_unordered"
            jobs = (joblib.delayed(function)(task) for task in tasks)
            try:
                with joblib.parallel_config(backend=backend, n_jobs=self.n_jobs):
                    yield from joblib.Parallel(return_as=return_as)(jobs)
            except Exception as error:
                # Errors of Dask and Ray themselves; both pass on errors of a case unchanged.
                of_cluster = type(error).__module__.split(".")[0] in ("distributed", "ray")
                if not (of_cluster or isinstance(error, TerminatedWorkerError)):
                    raise
                raise DataError(
                    "a process was killed, perhaps because memory ran out; finished cases are kept:"
                    " continue with a smaller parallel.n_jobs"
                ) from None


_parent: int | None = None
"""Parent process that this one works for, if it is on this machine."""


def _as_child_of(parent: int, function: Callable[[Task], Result], task: Task) -> Result:
    global _parent
    _parent = parent
    stop_if_orphaned()
    return function(task)


def stop_if_orphaned() -> None:
    """End this process if its parent was killed: another may have taken over."""
    if _parent is not None and os.getppid() != _parent:
        os._exit(1)


@contextmanager
def _cluster(parallel: Parallel) -> Iterator[str]:
    """The joblib backend's name; its cluster runs within the context."""
    with ExitStack() as stack:
        try:
            _start(parallel, stack)
        except OSError as error:
            raise ConfigError(
                f"parallel.address={parallel.address}: no {parallel.backend} cluster answers there"
                f" ({type(error).__name__})"
            ) from None
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"parallel.backend={parallel.backend}: {error.name} is not installed:"
                f" pip install 'lungseg[{parallel.backend}]'"
            ) from None
        yield parallel.backend


def _start(parallel: Parallel, stack: ExitStack) -> None:
    """Start what the backend needs; the stack ends it."""
    if parallel.backend == "dask":
        from distributed import Client

        workers = _cores(parallel.n_jobs)
        local: dict[str, Any] = {"n_workers": workers, "threads_per_worker": 1}
        client: Any = Client
        stack.enter_context(client(parallel.address, **({} if parallel.address else local)))
    elif parallel.backend == "ray":
        import ray
        from ray.util.joblib import register_ray

        register_ray()  # type: ignore[no-untyped-call]
        if not ray.is_initialized():
            # Ray's default would connect to a cluster left over from an earlier session.
            ray.init(address=parallel.address or "local", log_to_driver=False)
            stack.callback(ray.shutdown)


def _cores(n_jobs: int) -> int:
    import joblib

    return int(joblib.cpu_count()) if n_jobs == -1 else n_jobs
