"""Cases and archives for the tests of sources."""

import numpy as np
import pytest

from lungseg.phantom import make_case
from tests.sources.archives import KINDS
from tests.sources.encoded_case import write_case
from tests.sources.tree import write_patient


@pytest.fixture(scope="module")
def phantom():
    """Image, mask, sides and affine (LPS, ``[z, y, x]``) of a synthetic patient."""
    case = make_case(0, size=64, n_slices=24)
    affine = np.zeros((4, 4))
    affine[[2, 1, 0], [0, 1, 2]] = case.spacing
    affine[:3, 3], affine[3, 3] = case.origin, 1
    sides = case.mask.copy()
    sides[:, :, 32:] *= 2  # x runs to the patient's left
    return case.image, case.mask, sides, affine


@pytest.fixture
def case(phantom_root, tmp_path):
    return write_case(tmp_path, phantom_root, "rtstruct")


@pytest.fixture(scope="module", params=KINDS)
def archive(request, phantom_root, tmp_path_factory):
    """Kind and root of three patients. Read only."""
    root = tmp_path_factory.mktemp("archive") / request.param
    for case, name in (("Case_001", "P10"), ("Case_002", "P2"), ("Case_004", "P3")):
        write_patient(root, phantom_root, case, name, request.param)
    (root / "LICENSE").touch()
    return request.param, root


@pytest.fixture
def patient(phantom_root, tmp_path):
    """Root of one patient with an RTSTRUCT, to be damaged."""
    write_patient(tmp_path / "data", phantom_root, "Case_001", "P1", "rtstruct")
    return tmp_path / "data"
