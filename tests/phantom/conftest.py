"""Twelve cases, small, detailed and of the usual size, and the files of the small ones. Read only."""

from __future__ import annotations

import pydicom
import pytest

from lungseg.phantom import make_case


@pytest.fixture(scope="session")
def cases():
    """What `phantom_root` holds as files."""
    return [make_case(index, size=32, n_slices=12) for index in range(12)]


@pytest.fixture(scope="session")
def detailed_cases():
    return [make_case(index, size=96, n_slices=30) for index in range(12)]


@pytest.fixture(scope="session")
def usual_cases():
    return [make_case(index) for index in range(12)]


@pytest.fixture(scope="session")
def files(phantom_root):
    """The files of each case, by name."""
    folders = sorted((phantom_root / "Images").iterdir())
    return [[(f.name, pydicom.dcmread(f)) for f in sorted(folder.iterdir())] for folder in folders]
