"""The recipes of CONTRIBUTING.md work as they are shown."""

import doctest
import importlib
import re
import shlex
import sys

import pytest

from lungseg.cli import main
from tests.conftest import CLONE

TEXT = (CLONE / "CONTRIBUTING.md").read_text()
FILES = re.findall(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE)
CODE = [path for path, _ in FILES if path.startswith("lungseg/")]
TESTS = [path for path, _ in FILES if path.startswith("tests/")]


@pytest.fixture
def recipes(tmp_path, monkeypatch):
    """All files of the recipes, as if they were in the package. Returns the folder of YAML files."""
    for path, text in FILES:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if path.startswith("lungseg/"):
            package = importlib.import_module(".".join(file.relative_to(tmp_path).parts[:-1]))
            monkeypatch.setattr(package, "__path__", [*package.__path__, str(file.parent)])
    yield tmp_path / "conf"
    for path in CODE:
        sys.modules.pop(path.removesuffix(".py").replace("/", "."), None)


def test_each_kind_of_part_has_a_recipe_with_a_test_or_a_run():
    assert {path.split("/")[1] for path in CODE} == {"sources", "models", "losses", "metrics"}
    assert len(TESTS) == 3


@pytest.mark.parametrize("path", CODE)
def test_examples_in_docstrings(path, recipes):
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    results = doctest.testmod(module)
    assert results.failed == 0
    assert results.attempted > 0 or "sources" in path


@pytest.mark.parametrize("path", TESTS)
def test_tests(path, recipes):
    (text,) = [text for name, text in FILES if name == path]
    names = {}
    exec(text, names)
    (test,) = [value for name, value in names.items() if name.startswith("test_")]
    test()


def test_a_training_with_all_parts(recipes, tmp_path, monkeypatch, capfd):
    (line,) = re.findall(r"^lungseg (train .*)$", TEXT, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    words = [*shlex.split(line), "logger=none", "report=false", f"--config-dir={recipes}"]
    assert main(words) == 0, capfd.readouterr().err
    (run,) = (tmp_path / "outputs").glob("*-*-*/*")
    assert (run / "checkpoints" / "last.ckpt").is_file()
    assert (run / "evaluation" / "summary.json").is_file()
