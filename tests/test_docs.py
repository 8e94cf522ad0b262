"""The site, the guides and the records of the project agree with the package."""

import re
import runpy
import subprocess
import sys
import tomllib
from html.parser import HTMLParser

import pytest
import yaml

import lungseg
from tests.conftest import CLONE

PYPROJECT = tomllib.loads((CLONE / "pyproject.toml").read_text())
ARCHITECTURE = (CLONE / "docs" / "architecture.md").read_text()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built in strict mode: a broken link or anchor would fail."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q", "-d", folder],
        cwd=CLONE,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


class Links(HTMLParser):
    """What a page loads, and what it refers to."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("script", "img", "iframe"):
            self.loaded.append(attributes.get("src") or "")
        if tag == "link" and attributes.get("rel") in ("stylesheet", "preconnect", "icon"):
            self.loaded.append(attributes["href"])
        if tag == "a":
            self.links.append(attributes.get("href") or "")


@pytest.mark.slow
def test_the_site_needs_no_network(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 100
    for page in pages:
        loaded = Links(page.read_text()).loaded
        assert not [address for address in loaded if "//" in address], page


@pytest.mark.slow
def test_every_link_of_the_site_leads_to_a_file(site):
    for page in (file for file in site.rglob("*.html") if file.name != "404.html"):
        for link in Links(page.read_text()).links:
            path = link.partition("#")[0]
            if path and "//" not in path and not path.startswith("mailto:"):
                assert (page.parent / path).exists(), (page, link)


@pytest.mark.slow
def test_the_site_has_readme_guides_pictures_and_every_public_module(site):
    home = (site / "index.html").read_text()
    assert 'src="quick.png"' in home
    assert 'href="sources.html"' in home
    assert "layers.svg" in (site / "architecture.html").read_text()
    for name in ("CONTRIBUTING", "SECURITY", "CHANGELOG"):
        assert (site / f"{name}.html").is_file()
    for module in (CLONE / "lungseg").rglob("*.py"):
        if module.stem not in ("__init__", "__main__"):
            page = site / "api" / module.relative_to(CLONE).with_suffix(".html")
            assert page.is_file()


@pytest.mark.slow
def test_docstrings_have_become_pages_with_formulas(site):
    page = (site / "api" / "lungseg" / "losses" / "combo.html").read_text()
    assert "Share of the cross-entropy" in page
    assert "<math" in page
    assert ".. math::" not in page


def test_the_picture_of_the_layers_is_that_of_the_contract():
    layers = runpy.run_path(str(CLONE / "docs" / "layers.py"))
    assert (CLONE / "docs" / "layers.svg").read_text() == layers["svg"](), (
        "run python docs/layers.py"
    )
    tables = ARCHITECTURE[ARCHITECTURE.index("| layer |") :]
    for layer in layers["layers"]():
        for name in layers["names_in"](layer):
            assert re.search(rf"`lungseg/{name}(/|\.py)`", tables), name


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md", "docs/sources.md"])
def test_every_file_that_a_guide_names_exists(page):
    text = (CLONE / page).read_text()
    made_here = set(re.findall(r"^`([\w/.]+)`:$", text, re.MULTILINE))
    named = re.findall(r"`((?:lungseg|conf|tests|docs|benchmarks)/[\w./-]*)`", text)
    assert named
    for path in set(named) - made_here - {"lungseg/inference/"}:
        assert (CLONE / path).exists(), path


def test_the_citation_is_complete_and_of_this_version():
    citation = yaml.safe_load((CLONE / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert str(citation["version"]) == lungseg.__version__
    assert citation["license"] == PYPROJECT["project"]["license"]
    assert citation["authors"] == PYPROJECT["project"]["authors"]


def test_the_changelog_has_an_entry_for_this_version():
    text = (CLONE / "CHANGELOG.md").read_text()
    assert re.search(
        rf"^## {re.escape(lungseg.__version__)} - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE
    )


def test_every_hook_of_pre_commit_is_a_check_of_make_lint():
    hooks = yaml.safe_load((CLONE / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    makefile = (CLONE / "Makefile").read_text()
    for hook in hooks[0]["hooks"]:
        tool = hook["entry"].split()[0]
        assert f"$(BIN)/{tool.removeprefix('.venv/bin/')}" in makefile


def test_every_dependency_is_pinned_and_every_target_documented():
    pins = {
        re.split("==", line)[0].lower().replace("_", "-").replace(".", "-")
        for line in (CLONE / "constraints.txt").read_text().splitlines()
        if not line.startswith("#")
    }
    project = PYPROJECT["project"]
    extras = project["optional-dependencies"].values()
    for requirement in [*project["dependencies"], *(one for extra in extras for one in extra)]:
        name = re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-").replace(".", "-")
        assert name == "lungseg" or name in pins, requirement
    phony = re.search(r"\.PHONY: (.*)", (CLONE / "Makefile").read_text())[1].split()
    text = (CLONE / "CONTRIBUTING.md").read_text() + (CLONE / "README.md").read_text()
    undocumented = [name for name in phony if f"make {name}" not in text]
    assert set(undocumented) <= {"help", "clean"}
