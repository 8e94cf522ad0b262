"""The raw data set of nnU-Net v2."""

from __future__ import annotations

import re
from pathlib import Path

from lungseg.data.datasets.contents import Contents
from lungseg.data.datasets.layout import ENDING, LABELS
from lungseg.errors import ConfigError
from lungseg.files import write_json

NAME = re.compile(r"Dataset(\d{3})_\w+", re.ASCII)
SPLITS = "splits_final.json"


class NnUNet:
    """A folder of ``nnUNet_raw``, with the file that gives nnU-Net our folds.

    nnU-Net evaluates each fold on the cases that it calls ``val``. In a cross-validation these are
    the fold's test cases, and cases of the fold's own validation set are trained on: nnU-Net uses
    its last epoch and chooses nothing by them.
    """

    def check(self, folder: Path) -> None:
        """Refuse a name by which nnU-Net finds no data set.

        Raises:
            ConfigError: Likewise.
        """
        if not NAME.fullmatch(folder.name):
            raise ConfigError(
                "output: nnU-Net finds data sets by a number and a name:"
                " output=nnUNet_raw/Dataset501_Lungs"
            )

    def image(self, file: str, *, held_out: bool) -> str:
        """The only channel, ``_0000``, of an image."""
        return f"images{'Ts' if held_out else 'Tr'}/{file}_0000{ENDING}"

    def mask(self, file: str, *, held_out: bool) -> str:
        """The label map of an image."""
        return f"labels{'Ts' if held_out else 'Tr'}/{file}{ENDING}"

    def describe(self, contents: Contents, folder: Path) -> None:
        """Write ``dataset.json`` and ``splits_final.json``."""
        write_json(
            folder / "dataset.json",
            {
                "channel_names": {"0": "CT"},
                "labels": LABELS,
                "numTraining": len(contents.learned),
                "file_ending": ENDING,
                "name": folder.name,
                "description": contents.description,
            },
        )
        write_json(folder / SPLITS, splits(contents))

    def notes(self, contents: Contents, folder: Path) -> list[str]:
        """Where the folds belong, and what nnU-Net would use without them."""
        notes = [
            f"copy {SPLITS} to nnUNet_preprocessed/{folder.name}/ after planning and before"
            " training, or nnU-Net draws folds of its own"
        ]
        if not contents.cross_validation and not contents.folds[0].get("val"):
            notes.append(
                "there is no validation set: nnU-Net's own validation repeats training cases, and"
                " only predictions for imagesTs are a test"
            )
        if contents.cross_validation and any(fold.get("val") for fold in contents.folds):
            notes.append("validation cases of a fold are among those that nnU-Net trains on")
        return notes


def splits(contents: Contents) -> list[dict[str, list[str]]]:
    """The contents of ``splits_final.json``: names of files to train on and to validate on."""
    files = contents.files

    def named(cases: list[str]) -> list[str]:
        return [files[case] for case in cases]

    if contents.cross_validation:
        return [
            {
                "train": named([*fold["train"], *fold.get("val", ())]),
                "val": named([*fold["test"]]),
            }
            for fold in contents.folds
        ]
    (fold,) = contents.folds
    # nnU-Net stops where there is nothing to validate on; its fold "all" repeats training cases.
    return [{"train": named([*fold["train"]]), "val": named([*(fold.get("val") or fold["train"])])}]
