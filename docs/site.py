"""Hooks of mkdocs.yml: pages that are not Markdown in docs/, and the navigation of the reference.

README.md, CONTRIBUTING.md and their like stay in the root folder, where GitHub looks for them. The
site shows them too, with links that fit their place there. Each public module has a page made from
its docstrings, and the notebook one with its code and its outputs.
"""

from __future__ import annotations

import base64
import json
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
NOTEBOOK = "notebooks/three_cases.ipynb"
NOTEBOOK_PAGE = "three_cases.md"
LINK = re.compile(r"(\]\()(?:\./)?((?:\.\./|docs/)?[\w./-]+)(#[\w-]+)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Append the API reference to the navigation."""
    config.nav.append({"API reference": _navigation("lungseg")})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the root folder's guides and a page per module."""
    for source, page in GUIDES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text()))
    for page, content in notebook_pages((ROOT / "docs" / NOTEBOOK).read_text()).items():
        files.append(File.generated(config, page, content=content))
    for module in _modules():
        text = f"# {module}\n\n::: {module}\n"
        files.append(File.generated(config, _page(module), content=text))
    return files


def notebook_pages(text: str) -> dict[str, str | bytes]:
    """The notebook's page and its pictures, by the names of their files.

    Args:
        text: Of the notebook, with the outputs to be shown.
    """
    pictures: dict[str, bytes] = {}
    parts: list[str] = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            data = output.get("data", {"text/plain": output.get("text", "")})
            if "image/png" in data:
                name = f"{Path(NOTEBOOK_PAGE).stem}_{len(pictures) + 1}.png"
                pictures[name] = base64.b64decode(data["image/png"])
                parts.append(f"![Output of the cell above]({name})")
            elif "text/html" in data:
                table = "".join(data["text/html"])
                # Without a class of its own it is styled as the tables of the guides are.
                parts.append(table.replace(' border="1" class="dataframe"', ""))
            else:
                parts.append(f"```text\n{''.join(data['text/plain']).rstrip()}\n```")
    parts.append(f'<a href="{NOTEBOOK}" download>Download this notebook</a>')
    return {NOTEBOOK_PAGE: "\n\n".join(parts), **pictures}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn links between the root folder and docs/ into links between pages of the site."""
    return LINK.sub(lambda match: f"{match[1]}{_target(match[2])}{match[3] or ''})", markdown)


def _target(path: str) -> str:
    inside = path.removeprefix("docs/").removeprefix("../")
    return {NOTEBOOK: NOTEBOOK_PAGE, **GUIDES}.get(inside, inside)


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
