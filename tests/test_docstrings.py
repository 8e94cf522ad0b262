"""The examples in docstrings run, and show what they print."""

import doctest
import importlib

import pytest

from tests.conftest import CLONE

FILES = [*(CLONE / "lungseg").rglob("*.py"), *(CLONE / "hydra_plugins").rglob("*.py")]
WITH_EXAMPLES = sorted(
    ".".join(file.relative_to(CLONE).with_suffix("").parts)
    for file in FILES
    if ">>> " in file.read_text()
)


def test_some_modules_have_examples():
    assert len(WITH_EXAMPLES) > 15


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name.removesuffix(".__init__"))
    results = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert results.attempted > 0
    assert results.failed == 0
