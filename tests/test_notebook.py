"""The notebook of the guides: it runs as it is shown, and nothing in it tells where it ran."""

import ast
import importlib
import re
import runpy

import nbformat
import pytest

from tests.conftest import CLONE

SCRIPT = runpy.run_path(str(CLONE / "docs" / "notebook.py"))
FILE = SCRIPT["FILE"]
NOTEBOOK = nbformat.read(FILE, as_version=4)
CODE = [cell for cell in NOTEBOOK.cells if cell.cell_type == "code"]
MAX_BYTES = 300_000


def kinds(cell):
    return [sorted(output.get("data", output.get("name"))) for output in cell.outputs]


def shown(cell, kind):
    return any(kind in output.get("data", ()) for output in cell.outputs)


def test_it_is_valid_small_and_has_results_only():
    nbformat.validate(NOTEBOOK)
    assert SCRIPT["cleaned"](nbformat.read(FILE, as_version=4)) == NOTEBOOK, "run docs/notebook.py"
    text = FILE.read_text()
    assert len(text) < MAX_BYTES
    assert not re.search(r"/(?:tmp|home|root|Users|usr)/", re.sub(r'"image/png": ".*"', "", text))
    assert {output.output_type for cell in CODE for output in cell.outputs} <= {
        *("display_data", "stream")
    }
    assert sum(shown(cell, "image/png") for cell in CODE) == 4
    assert sum(shown(cell, "text/html") for cell in CODE) == 2
    assert 8 <= len(CODE) <= 12


def test_what_it_imports_exists():
    imported = [
        (line.module, name.name)
        for cell in CODE
        for line in ast.walk(ast.parse(cell.source))
        if isinstance(line, ast.ImportFrom)
        for name in line.names
    ]
    assert imported
    for module, name in imported:
        assert hasattr(importlib.import_module(module), name) or importlib.import_module(
            f"{module}.{name}"
        )


@pytest.mark.slow
def test_it_runs_and_shows_what_is_shown(tmp_path):
    made = SCRIPT["cleaned"](SCRIPT["executed"](FILE, tmp_path))
    for before, after in zip(NOTEBOOK.cells, made.cells, strict=True):
        if before.cell_type == "code":
            assert kinds(after) == kinds(before), after.source
    assert {path.name for path in tmp_path.iterdir()} == {"outputs"}
    (text,) = [output.text for output in made.cells[-2].outputs if output.output_type == "stream"]
    volumes = [int(number) for number in re.findall(r"lung: (\d+) ml", text)]
    assert len(volumes) == 2
    assert min(volumes) > 1000  # both lungs of a synthetic patient


def test_its_page_has_the_text_the_code_and_the_pictures():
    pages = runpy.run_path(str(CLONE / "docs" / "site.py"))["notebook_pages"](FILE.read_text())
    page, *pictures = pages
    assert page == "three_cases.md"
    text = pages[page]
    assert text.startswith("# From three cases to a figure\n")
    for cell in NOTEBOOK.cells:
        assert cell.source in text
    assert len(pictures) == 4
    for name in pictures:
        assert f"]({name})" in text
        assert pages[name].startswith(b"\x89PNG")
