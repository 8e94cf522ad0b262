"""How a data set lies in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from lungseg.data.datasets.contents import Contents

ENDING = ".nii.gz"
LABELS = {"background": 0, "lung": 1}


class Layout(Protocol):
    """Names of a data set's files, and what describes it."""

    def check(self, folder: Path) -> None:
        """Refuse a folder that the program would not find.

        Raises:
            ConfigError: Likewise.
        """

    def image(self, file: str, *, held_out: bool) -> str:
        """Path of an image below the data set's folder.

        Args:
            file: Its name, without ending.
            held_out: Whether no fold trains on it.
        """

    def mask(self, file: str, *, held_out: bool) -> str:
        """Path of a mask, likewise."""

    def describe(self, contents: Contents, folder: Path) -> None:
        """Write the files that say what the others are."""

    def notes(self, contents: Contents, folder: Path) -> list[str]:
        """What to do with the data set, for its user."""
