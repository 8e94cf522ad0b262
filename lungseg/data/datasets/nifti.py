"""Plain NIfTI files, with the folds as a table."""

from __future__ import annotations

import csv
from pathlib import Path

from lungseg.data.datasets.contents import Contents
from lungseg.data.datasets.layout import ENDING
from lungseg.files import replacing

SPLITS = "splits.csv"
COLUMNS = ("case", "patient", "fold", "set")


class PlainNifti:
    """``images``, ``masks`` and ``splits.csv``, one row per case and fold."""

    def check(self, folder: Path) -> None:
        """Any folder will do."""

    def image(self, file: str, *, held_out: bool) -> str:
        """All images are in one folder."""
        return f"images/{file}{ENDING}"

    def mask(self, file: str, *, held_out: bool) -> str:
        """All masks are in one folder."""
        return f"masks/{file}{ENDING}"

    def describe(self, contents: Contents, folder: Path) -> None:
        """Write ``splits.csv``: cases with one ``patient`` are scans of one person."""
        files, patients = contents.files, contents.cohort.patients
        with replacing(folder / SPLITS) as part, part.open("w", newline="", encoding="utf-8") as to:
            rows = csv.writer(to, lineterminator="\n")
            rows.writerow(COLUMNS)
            for k, fold in enumerate(contents.folds):
                set_of = {case: name for name, cases in fold.items() for case in cases}
                for case in contents.cases:
                    if case in set_of:
                        patient = patients.get(case, case)
                        rows.writerow((files[case], files.get(patient, patient), k, set_of[case]))

    def notes(self, contents: Contents, folder: Path) -> list[str]:
        """None: the table says all."""
        return []
