"""The cohort of the trainings with everything on."""

import pytest

from lungseg.data.prepare import prepare
from lungseg.phantom.cases import make_case
from lungseg.phantom.files import write_case
from lungseg.sources.lctsc import LctscFolder
from tests.training.everything import SIZE


@pytest.fixture(scope="module")
def everything_root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    for index in range(4):
        write_case(make_case(index, size=SIZE, n_slices=12), folder, index)
    return folder


@pytest.fixture(scope="module")
def everything_cohort(everything_root, tmp_path_factory):
    return prepare(LctscFolder(everything_root), tmp_path_factory.mktemp("store"))
