"""The layout of the Medical Segmentation Decathlon, which MONAI reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lungseg.data.datasets.contents import Contents
from lungseg.data.datasets.layout import ENDING, LABELS
from lungseg.files import write_json


class MedicalDecathlon:
    """``imagesTr``, ``labelsTr``, ``imagesTs`` and ``dataset.json``.

    Folds are where MONAI's Auto3DSeg expects them: an entry's ``fold`` is the one that tests it.
    For a split that is no cross-validation, ``validation`` lists its validation set. The masks of
    ``test``, which the format leaves out, are in ``labelsTs``.
    """

    def check(self, folder: Path) -> None:
        """Any folder will do."""

    def image(self, file: str, *, held_out: bool) -> str:
        """The path that ``dataset.json`` lists, without its leading ``./``."""
        return f"images{'Ts' if held_out else 'Tr'}/{file}{ENDING}"

    def mask(self, file: str, *, held_out: bool) -> str:
        """The path of the mask, likewise."""
        return f"labels{'Ts' if held_out else 'Tr'}/{file}{ENDING}"

    def describe(self, contents: Contents, folder: Path) -> None:
        """Write ``dataset.json``."""
        validation = set() if contents.cross_validation else {*contents.folds[0].get("val", ())}
        training = [case for case in contents.learned if case not in validation]
        lists: dict[str, Any] = {"training": [self._entry(case, contents) for case in training]}
        if validation:
            chosen = [case for case in contents.learned if case in validation]
            lists["validation"] = [self._entry(case, contents) for case in chosen]
        files = contents.files
        lists["test"] = [
            f"./{self.image(files[case], held_out=True)}" for case in contents.held_out
        ]
        write_json(
            folder / "dataset.json",
            {
                "name": folder.name,
                "description": contents.description,
                "tensorImageSize": "3D",
                "modality": {"0": "CT"},
                "labels": {str(value): name for name, value in LABELS.items()},
                "numTraining": len(training),
                "numTest": len(contents.held_out),
                **lists,
            },
        )

    def notes(self, contents: Contents, folder: Path) -> list[str]:
        """Where the folds are."""
        if not contents.cross_validation:
            return []
        return ["each entry of dataset.json has the fold that tests it (fold)"]

    def _entry(self, case: str, contents: Contents) -> dict[str, Any]:
        file = contents.files[case]
        entry: dict[str, Any] = {
            "image": f"./{self.image(file, held_out=False)}",
            "label": f"./{self.mask(file, held_out=False)}",
        }
        if contents.cross_validation:
            tested = (k for k, fold in enumerate(contents.folds) if case in fold["test"])
            entry["fold"] = next(tested, None)
        return entry
