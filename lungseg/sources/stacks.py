"""Scans that are stacks of 2-D images, which say neither HU nor distances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lungseg.data.description import image_hash
from lungseg.errors import ConfigError
from lungseg.sources.maskless import NONE
from lungseg.sources.scan import Scan
from lungseg.sources.slices2d import SliceImages

NODE = "slices"


@dataclass(frozen=True)
class Stack:
    """One scan: the images of one case, as :class:`lungseg.sources.scans.ScanFiles` is the files.

    Attributes:
        name: Pseudonym.
        path: Folder of its images, to show a person.
        source: Reads it.
        case: Its name there.
    """

    name: str
    path: Path
    source: SliceImages
    case: str

    def state(self) -> str:
        """Fingerprint of the files and of how they are read: equal means unchanged."""
        source = self.source
        read_as = (source.spacing_mm, source.numbers_run, source.hu_from, source.window)
        return f"{source.state(self.case)} {read_as}"

    def read(self) -> Scan:
        """Read the scan.

        Raises:
            DataError: If a file is damaged, or slices differ in size.
        """
        image = self.source.image(self.case)
        hashed = image_hash(image.volume.voxels)
        affine = image.volume.affine
        return Scan(self.name, image.volume, affine, hashed, image.header, image.findings)


def stacks_in(folder: Path, settings: Mapping[str, Any]) -> list[Stack]:
    """The stacks of 2-D images below a folder.

    Args:
        folder: To search.
        settings: ``images``, ``spacing_mm``, ``numbers_run``, ``hu_from`` and ``window`` of
            :class:`lungseg.sources.slices2d.SliceImages`.

    Raises:
        ConfigError: If a setting is missing or wrong.
        DataError: If no file matches.
    """
    needed = {
        "numbers_run": ("which way their numbers run", f"{NODE}.numbers_run=feet_to_head"),
        "spacing_mm": ("how far apart their pixels are", "spacing_mm=[z,y,x]"),
    }
    for key, (what, example) in needed.items():
        if settings[key] is None:
            raise ConfigError(f"{NODE}.images: 2-D images do not say {what}: give {example}")
    source = SliceImages(folder, masks=NONE, node=NODE, top="input", **settings)
    return [
        Stack(name, source.files(name)[0].parent, source.only(name), name)
        for name in source.cases()
    ]
