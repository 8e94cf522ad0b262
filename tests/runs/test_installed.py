"""Dependencies that are missing or of another version, of a package made up for the test."""

from importlib.metadata import PackageNotFoundError, version

import pytest

from lungseg.runs import installed

THERE = {"numpy": "2.4.6", "torch": "2.13.0+cpu", "zarr": "4.0.0rc1", "ray": "2.0"}
NEEDED = [
    "numpy>=2.0",
    "torch>=2.4",
    "zarr>=3.1,<4",
    "wandb>=0.20",
    'colorama>=9; sys_platform == "nowhere"',
    'ray>=2.40; extra == "ray"',
    'numpy>=2; extra == "small"',
    'lungseg[ray]; extra == "dev"',
]


@pytest.fixture
def package(monkeypatch):
    def made_up(name):
        if name not in THERE:
            raise PackageNotFoundError(name)
        return THERE[name]

    class Metadata:
        def get_all(self, name):
            return ["ray", "small", "dev"]

    monkeypatch.setattr(installed, "version", made_up)
    monkeypatch.setattr(installed, "requires", lambda _: NEEDED)
    monkeypatch.setattr(installed, "metadata", lambda _: Metadata())


def test_what_is_wanting_is_named(package):
    assert installed.wanting() == [
        # A candidate of 4.0 is before 4.0, but not what "<4" lets in.
        "zarr 4.0.0rc1: lungseg needs zarr<4,>=3.1",
        "wandb is missing: lungseg needs wandb>=0.20",
    ]


def test_extras_for_users(package):
    assert installed.extras() == {"ray": False, "small": True}


def test_where_lungseg_is_no_installed_package(monkeypatch):
    def missing(_):
        raise PackageNotFoundError

    monkeypatch.setattr(installed, "requires", missing)
    monkeypatch.setattr(installed, "metadata", missing)
    assert (installed.wanting(), installed.extras()) == ([], {})


def test_a_version_is_that_of_the_package():
    import numpy

    assert installed.version_of("numpy") == version("numpy") == numpy.__version__
    assert installed.version_of("no-such-package") is None
