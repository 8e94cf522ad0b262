"""What the help of a command says of its groups and settings.

Resolvers for Hydra's template of a help, which itself would list the groups of all commands and no
comments. They return text in which a dollar is written twice: Hydra replaces what begins with one.
"""

from __future__ import annotations

import textwrap
from itertools import pairwise
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig, OmegaConf

from lungseg.command.yaml_comments import Key, comments, first_text, keys

WIDTH = 100
GLOBAL = "# @package _global_\n"


def register() -> None:
    """Register ``${lungseg.groups:}`` and ``${lungseg.settings:}`` with OmegaConf."""
    OmegaConf.register_new_resolver("lungseg.groups", _groups, replace=True)
    OmegaConf.register_new_resolver("lungseg.settings", _settings, replace=True)


def _groups(*, _root_: DictConfig) -> str:
    return groups(_root_)


def _settings(*, _root_: DictConfig) -> str:
    return settings(_root_).replace("$", "$$")


def groups(config: DictConfig) -> str:
    """The groups of a command, in the order of its file, and the options of each.

    Args:
        config: The configuration, Hydra's own included.
    """
    folders = _folders(config)
    defaults = yaml.safe_load(first_text(folders, f"{config.hydra.job.config_name}.yaml"))
    lines = []
    for group in [name for one in defaults["defaults"] if isinstance(one, dict) for name in one]:
        there = [(folder / group.partition("@")[0]).glob("*.yaml") for folder in folders]
        options = {file.stem for files in there for file in files}
        lines.append(f"{group}: {', '.join(sorted(options))}\n")
    return "".join(lines)


def settings(config: DictConfig) -> str:
    """The composed settings as YAML, and of each what the file that it is from says about it.

    Args:
        config: The configuration, Hydra's own included.
    """
    hydra = config.hydra
    folders = _folders(config)
    said = _said(folders, hydra.job.config_name, ())
    for choice, option in hydra.runtime.choices.items():
        group, _, package = choice.partition("@")
        node = tuple((package or group.replace("/", ".")).split("."))
        if option is not None and node[0] != "hydra":
            said |= _said(folders, f"{group}/{option}", node)
    content = OmegaConf.to_container(config)
    assert isinstance(content, dict)
    del content["hydra"]
    # Of a group of which several are chosen, Hydra does not say which. Each is named in its node.
    for group in content.keys() - hydra.runtime.choices.keys():
        for option in content[group] if isinstance(content[group], dict) else ():
            for key, comment in _said(folders, f"{group}/{option}", (group,)).items():
                said[key if len(key) > 1 else (group, option)] = comment
    return _with_comments(OmegaConf.to_yaml(OmegaConf.create(content)), said)


def _folders(config: DictConfig) -> list[Path]:
    """Folders with configuration files, in the order in which Hydra searches them."""
    return [Path(one.path) for one in config.hydra.runtime.config_sources if one.schema == "file"]


def _said(folders: list[Path], name: str, node: Key) -> dict[Key, str]:
    """What a file says of its keys and, as a whole, of its node.

    Args:
        folders: Which may have the file; the first counts.
        name: Of the file, without suffix.
        node: Where its keys are.
    """
    text = first_text(folders, f"{name}.yaml")
    if text.startswith(GLOBAL):
        node = ()
    said: dict[Key, str] = {}
    for other in (yaml.safe_load(text) or {}).get("defaults", ()):
        if isinstance(other, str) and other != "_self_":
            said |= _said(folders, str(Path(name).parent / other), node)
    return said | {(*node, *key): comment for key, comment in comments(text).items()}


def _with_comments(text: str, said: dict[Key, str]) -> str:
    """YAML with comments; what takes several lines at the outermost level is set apart."""
    named = {number: key for key, number, _ in keys(text)}
    blocks: list[list[str]] = []
    for number, line in enumerate(text.splitlines()):
        key = named.get(number)
        if key is not None and len(key) == 1:
            blocks.append([])
        blocks[-1] += _with_comment(line, said.get(key, "") if key else "")
    apart = [max(len(one), len(other)) > 1 for one, other in pairwise(blocks)]
    ends = ["\n\n" if gap else "\n" for gap in (*apart, False)]
    return "".join("\n".join(block) + end for block, end in zip(blocks, ends, strict=True))


def _with_comment(line: str, comment: str) -> list[str]:
    """A line with its comment behind it, or above it where there is no room."""
    behind = f"{line} # {comment}" if comment else line
    if len(behind) <= WIDTH:
        return [behind]
    mark = line[: len(line) - len(line.lstrip())] + "# "
    return [
        *textwrap.wrap(comment, WIDTH, initial_indent=mark, subsequent_indent=mark),
        line,
    ]
