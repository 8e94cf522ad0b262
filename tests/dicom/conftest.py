"""A chest to change pixels of."""

import pytest

from tests.dicom.test_findings import write_chest


@pytest.fixture
def chest(tmp_path):
    volume = write_chest(tmp_path / "chest", positions=[(0, 0, 2 * z) for z in range(4)])
    return sorted((tmp_path / "chest").iterdir()), volume
