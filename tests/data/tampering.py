"""Changes to a source's files, and what a store contains."""

from pathlib import Path

import numpy as np
import pydicom


def damage(root, case="Case_001"):
    file = sorted((root / "Images" / case).iterdir())[3]
    file.write_bytes(file.read_bytes()[:-50])


def content(store: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(store)): file.read_bytes()
        for file in store.rglob("*")
        if file.is_file()
    }


def rewrite(folder, **values):
    for file in folder.iterdir():
        dataset = pydicom.dcmread(file)
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        dataset.save_as(file)


def flip(file: Path, random: np.random.Generator) -> bytes:
    """Flip one bit of a file; return what it was before."""
    before = file.read_bytes()
    after = bytearray(before)
    after[random.integers(len(after))] ^= 1 << int(random.integers(8))
    file.write_bytes(after)
    return before
