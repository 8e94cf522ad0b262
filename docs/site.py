"""Hooks of mkdocs.yml: pages that do not lie in docs/, and the navigation of the API reference.

README.md, CONTRIBUTING.md and their like stay in the root folder, where GitHub looks for them. The
site shows them too, with links that fit their place there. Each public module has a page made from
its docstrings.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
GUIDES = {
    "README.md": "index.md",
    **{name: name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")},
}
LINK = re.compile(r"(\]\()(?:\./)?((?:\.\./|docs/)?[\w./-]+)(#[\w-]+)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Append the API reference to the navigation."""
    config.nav.append({"API reference": _navigation("lungseg")})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the root folder's guides and a page per module."""
    for source, page in GUIDES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text()))
    for module in _modules():
        text = f"# {module}\n\n::: {module}\n"
        files.append(File.generated(config, _page(module), content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn links between the root folder and docs/ into links between pages of the site."""
    return LINK.sub(lambda match: f"{match[1]}{_target(match[2])}{match[3] or ''})", markdown)


def _target(path: str) -> str:
    inside = path.removeprefix("docs/").removeprefix("../")
    return GUIDES.get(inside, inside)


def _modules() -> list[str]:
    """Names of the public modules, packages before what they contain."""
    files = sorted((ROOT / "lungseg").rglob("*.py"))
    names = [file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for file in files]
    public = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]
    return sorted(public)


def _page(module: str) -> str:
    path = module.replace(".", "/")
    return f"api/{path}/index.md" if (ROOT / path).is_dir() else f"api/{path}.md"


def _navigation(package: str) -> list[Any]:
    """The package's own page, then its modules, then its packages with theirs."""
    prefix = f"{package}."
    inside = [
        name
        for name in _modules()
        if name.startswith(prefix) and "." not in name.removeprefix(prefix)
    ]
    entries: list[Any] = [_page(package)]
    for name in sorted(inside, key=lambda name: (_page(name).endswith("index.md"), name)):
        title = name.removeprefix(prefix)
        packaged = _page(name).endswith("index.md")
        entries.append({title: _navigation(name) if packaged else _page(name)})
    return entries
