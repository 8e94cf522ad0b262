"""Source: the synthetic cohort, written as DICOM on first use and then read like any other."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lungseg.arguments.phantom import check_phantom_kinds
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
        kinds: What harder patients have, as of :func:`lungseg.arguments.check_phantom_kinds`: each
            gets one in turn.

    Raises:
        ValueError: If there is no such kind.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        n_cases: int,
        size: int,
        n_slices: int,
        seed: int,
        kinds: str | Sequence[str] = (),
    ) -> None:
        super().__init__(root)
        self.n_cases = n_cases
        self.size = size
        self.n_slices = n_slices
        self.seed = seed
        self.kinds = check_phantom_kinds(kinds)

    def materialize(self, track: Callable[[list[str]], Iterable[str]]) -> None:
        """Write the files that do not exist yet.

        Args:
            track: Wraps the list of cases, as a progress bar does.

        Raises:
            ConfigError: If a setting is out of range, or the folder contains something else, or
                patients of other kinds.
        """
        if self.root.exists():
            self._check_synthetic()
            self._check_kinds()
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
                kinds=self.kinds,
                on_case=lambda _: next(bar, None),
            )
        except ValueError as error:
            raise ConfigError(f"data: {error}") from None
        except OSError:
            if not self.root.exists():  # otherwise another process has just written the same files
                raise
        finally:
            next(bar, None)

    def _check_synthetic(self) -> None:
        """Refuse a folder of somebody's scans: ``data.root`` was given, and ``data`` forgotten."""
        from pydicom import dcmread
        from pydicom.errors import InvalidDicomError

        from lungseg.dicom.header import is_synthetic

        try:
            file = next(self.root.glob("Images/*/*.dcm"))
            ours = is_synthetic(dcmread(file, stop_before_pixels=True))
        except StopIteration:
            ours = False
        except (InvalidDicomError, OSError):  # damaged, which is said when it is read
            ours = True
        if not ours:
            raise ConfigError(
                "data.root: contains no synthetic cohort, which is what data=phantom reads; choose"
                " the source of these scans too: data=lctsc, data=tcia, data=nifti or another",
                self.root,
            )

    def _check_kinds(self) -> None:
        """Refuse a folder that was written with other kinds: names of cases would be the same."""
        from lungseg.phantom import KINDS_TABLE

        table, kinds = self.root / KINDS_TABLE, set[str]()
        if table.is_file():
            with table.open(newline="") as lines:
                kinds = {row["kind"] for row in csv.DictReader(lines)}
        asked = {*self.kinds[: self.n_cases]}
        if kinds != asked:
            raise ConfigError(
                f"data.root: contains {_patients(kinds)}, not {_patients(asked)}; leave data.root"
                " out, or name a new folder",
                self.root,
            )


def _patients(kinds: set[str]) -> str:
    return f"patients with {', '.join(sorted(kinds))}" if kinds else "plain synthetic patients"
