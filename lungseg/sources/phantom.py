"""Source: the synthetic cohort, written as DICOM on first use and then read like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from lungseg.errors import ConfigError
from lungseg.sources.lctsc import LctscFolder


class PhantomFolder(LctscFolder):
    """Synthetic patients in the layout of :class:`~lungseg.sources.lctsc.LctscFolder`.

    Args:
        root: Folder of the files; written if missing.
        n_cases: Number of patients.
        size: Pixels along a side of a slice.
        n_slices: Approximate number of slices per case.
        seed: The same seed gives the same files.
    """

    def __init__(
        self, root: str | Path, *, n_cases: int, size: int, n_slices: int, seed: int
    ) -> None:
        super().__init__(root)
        self.n_cases = n_cases
        self.size = size
        self.n_slices = n_slices
        self.seed = seed

    def materialize(self, track: Callable[[list[str]], Iterable[str]]) -> None:
        """Write the files that do not exist yet.

        Args:
            track: Wraps the list of cases, as a progress bar does.

        Raises:
            ConfigError: If a setting is out of range.
        """
        if self.root.exists():
            return
        from lungseg.phantom import write_cohort

        bar = iter(track([str(i) for i in range(self.n_cases)]))
        try:
            write_cohort(
                self.root,
                n_cases=self.n_cases,
                size=self.size,
                n_slices=self.n_slices,
                seed=self.seed,
                on_case=lambda _: next(bar, None),
            )
        except ValueError as error:
            raise ConfigError(f"data: {error}") from None
        except OSError:
            if not self.root.exists():  # otherwise another process has just written the same files
                raise
        finally:
            next(bar, None)
