"""De-identified copy of a folder tree, and its audit."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lungseg.dicom.deidentify.dataset import DeidentifyOptions
from lungseg.dicom.deidentify.file import Outcome, deidentify_file
from lungseg.errors import ConfigError, DataError
from lungseg.files import write_text

AUDIT = "deidentify.csv"
COLUMNS = ("folder", "kind", "tag", "keyword", "action", "files", "values")


@dataclass
class Account:
    """What was done with all files.

    Attributes:
        files: Number of copies by series folder and kind.
        patients: Pseudonyms.
        left_out: Number of files by reason.
        damaged: Files that could not be read, and why; for the screen only, as names may identify.
    """

    files: Counter[tuple[str, str]] = field(default_factory=Counter)
    patients: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    damaged: list[tuple[Path, str]] = field(default_factory=list)
    _changes: defaultdict[tuple[str, str, int, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )

    def add(self, file: Path, outcome: Outcome) -> None:
        """Add one file."""
        if outcome.left_out is not None:
            self.left_out[outcome.left_out] += 1
            if outcome.damage:
                self.damaged.append((file, outcome.damage))
            return
        self.files[outcome.folder, outcome.kind] += 1
        self.patients.add(outcome.patient)
        for (tag, action), count in outcome.changes.items():
            both = self._changes[outcome.folder, outcome.kind, tag, action]
            both[0] += 1
            both[1] += count

    def to_csv(self) -> str:
        """One row per action in each series; then the files that were not copied, by reason."""
        from pydicom.datadict import keyword_for_tag

        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for (folder, kind), count in sorted(self.files.items()):
            writer.writerow((folder, kind, "", "", "copied", count, ""))
        for (folder, kind, tag, action), (files, values) in sorted(self._changes.items()):
            shown = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
            writer.writerow((folder, kind, shown, keyword_for_tag(tag), action, files, values))
        for reason, count in sorted(self.left_out.items()):
            writer.writerow(("", "", "", "", f"left out: {reason}", count, ""))
        return text.getvalue()


def deidentify_tree(
    source: Path,
    output: Path,
    options: DeidentifyOptions,
    track: Callable[[list[str]], Iterable[str]] = iter,
) -> Account:
    """Write de-identified copies of all CT images, structure sets and segmentations of a tree.

    The copies and their audit ``deidentify.csv`` are moved to ``output`` when all are complete;
    until then they are in a hidden folder next to it, which is removed after an error.

    Args:
        source: Folder, nested in any way.
        output: Folder; missing or empty.
        options: How files are de-identified.
        track: Wraps the list of files, as a progress bar does.

    Raises:
        ConfigError: If one folder is inside the other, or ``output`` is not empty.
        DataError: If there is no such folder, or nothing to copy.
    """
    import tempfile

    check_folders(source, output)
    files = sorted(str(Path(base, name)) for base, _, names in os.walk(source) for name in names)
    account = Account()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as temporary:
        # One level deeper: the temporary folder is private to the user, the copies are not.
        built = Path(temporary) / "built"
        for file in track(files):
            account.add(Path(file), deidentify_file(Path(file), built, options))
        if not account.files:
            reasons = ", ".join(f"{n} {why}" for why, n in account.left_out.items()) or "no file"
            raise DataError(f"input: nothing to copy ({reasons})", source)
        write_text(built / AUDIT, account.to_csv())
        os.rename(built, output)
    return account


def check_folders(source: Path, output: Path) -> None:
    """Refuse folders that would mix originals and copies.

    Raises:
        ConfigError: If one folder is inside the other, or ``output`` is not empty.
        DataError: If there is no source.
    """
    if not source.is_dir():
        raise DataError("input: no such folder", source)
    inner, outer = output.resolve(), source.resolve()
    if inner == outer or outer in inner.parents or inner in outer.parents:
        raise ConfigError("output: must be outside input, and input outside output", output)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ConfigError("output: is not empty; give a new or empty folder", output)
