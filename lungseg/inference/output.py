"""The folder that predictions go to: one folder per scan, made in one step."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lungseg.errors import ConfigError, DataError
from lungseg.files import short
from lungseg.sources.predicted.find import RECORD as RECORD

PAGE = "predictions.html"
PART = ".part-"
LOCK = ".lock"


@dataclass(frozen=True)
class Output:
    """Where predictions go.

    Attributes:
        folder: Made if missing.
        models: Hashes of the models' files. Predictions by others are never mixed with theirs.
        settings: On which predictions depend; likewise.
    """

    folder: Path
    models: tuple[str, ...]
    settings: Mapping[str, Any]

    def done(
        self, states: Mapping[str, str], *, overwrite: bool, refuse_doubt: bool = False
    ) -> set[str]:
        """Names of scans that need not be predicted again.

        Args:
            states: State of each scan's files, by name.
            overwrite: Whether to predict all of them again.
            refuse_doubt: Whether a prediction with a warning does not count.

        Raises:
            ConfigError: If the folder contains predictions of these scans by other models or
                settings, and they are not to be overwritten, or something else by their names.
        """
        for name in states:
            self._refuse_foreign(name)
        if overwrite:
            return set()
        records = {name: self.record(name) for name in states}
        others = [name for name, record in records.items() if record and not self._mine(record)]
        if others:
            raise ConfigError(
                f"output: {len(others)} of these scans were predicted there with another model or"
                " other settings; choose another folder, or overwrite=true",
                self.folder,
            )
        return {
            name
            for name, record in records.items()
            if record
            and record["state"] == states[name]
            and not (refuse_doubt and _doubted(record))
        }

    def _refuse_foreign(self, name: str) -> None:
        """Stop at a folder that is not a prediction's: it would be replaced."""
        target = self.folder / name
        if os.path.lexists(target) and not (target / RECORD).is_file():
            raise ConfigError(
                f"output: has {name} already, which is not a prediction; choose another folder",
                target,
            )

    def forget(self, name: str, *, doubted: bool) -> None:
        """Remove an older prediction of a scan that failed, where it may not stay.

        Args:
            name: Of the scan.
            doubted: Whether the scan failed because its lungs are doubtful; otherwise only what
                other models or settings made is removed.
        """
        record = self.record(name)
        if record and (doubted or not self._mine(record)):
            shutil.rmtree(self.folder / name)

    def _mine(self, record: Mapping[str, Any]) -> bool:
        models = tuple(model["sha256"] for model in record["models"])
        return models == self.models and record["settings"] == self.settings

    def record(self, name: str) -> dict[str, Any] | None:
        """What ``prediction.json`` of a scan says; None where there is none."""
        try:
            record: dict[str, Any] = json.loads((self.folder / name / RECORD).read_text())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except ValueError:
            raise DataError("the file is damaged; remove its folder", self.folder / name) from None
        return record

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Give a new folder; at the end it becomes the scan's, in place of an older one.

        After an error nothing of it is left.
        """
        part = self.folder / f"{PART}{uuid.uuid4().hex}"
        part.mkdir()
        try:
            yield part
            target = self.folder / name
            self._refuse_foreign(name)
            if target.exists():
                # Two renames: killed in between, the scan counts as not predicted.
                os.rename(target, self.folder / f"{PART}{uuid.uuid4().hex}")
            os.rename(part, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out, and remove what killed ones left behind.

        Raises:
            ConfigError: If another process writes there.
            DataError: If the folder cannot be written to.
        """
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / LOCK)
            lock.acquire(timeout=0)
        except Timeout:
            raise ConfigError(
                "output: another lungseg predict is writing there", self.folder
            ) from None
        except OSError as error:
            raise DataError(
                f"output: cannot be written to ({error.strerror})", self.folder
            ) from None
        try:
            self._sweep()
            yield
        finally:
            self._sweep()
            lock.release()

    def _sweep(self) -> None:
        for part in self.folder.glob(f"{PART}*"):
            shutil.rmtree(part, ignore_errors=True)


def _doubted(record: Mapping[str, Any]) -> bool:
    return any(finding["severity"] != "info" for finding in record["findings"])


def refuse_inside(folder: Path, source: Path) -> None:
    """Stop where results would be found as scans the next time.

    Raises:
        ConfigError: Likewise.
    """
    inner, outer = folder.resolve(), source.resolve()
    if inner == outer or outer in inner.parents:
        raise ConfigError(f"output={short(folder)}: must not be inside input, nor input itself")


def names_of_all(folder: Path) -> Iterable[str]:
    """Names of the scans that a folder has predictions of, in order."""
    return sorted(file.parent.name for file in folder.glob(f"*/{RECORD}"))
