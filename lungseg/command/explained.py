"""What the help of a command says of its groups and settings.

Resolvers for Hydra's template of a help, which itself would list the groups of all commands and no
comments.
"""

from __future__ import annotations

import re
import textwrap
from itertools import pairwise
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from omegaconf import DictConfig, OmegaConf

from lungseg.command.yaml_comments import Key, comments, first_text, keys

WIDTH = 100
GLOBAL = re.compile(r"\A\s*#\s*@package _global_\s*\n")


def register() -> None:
    """Register ``${lungseg.groups:}`` and ``${lungseg.settings:}`` with OmegaConf."""
    OmegaConf.register_new_resolver("lungseg.groups", _groups, replace=True)
    OmegaConf.register_new_resolver("lungseg.settings", _settings, replace=True)


def _groups(*, _root_: DictConfig) -> str:
    return groups(_root_)


def _settings(*, _root_: DictConfig) -> str:
    return settings(_root_).replace("$", "$$")  # Hydra replaces what begins with one


def groups(config: DictConfig) -> str:
    """The groups of a command, in the order of its file, the options of each, and the chosen one.

    Args:
        config: The configuration, Hydra's own included.
    """
    folders, chosen = _folders(config), config.hydra.runtime.choices
    lines = []
    for group in _groups_of(folders, config.hydra.job.config_name):
        there = [(folder / group.partition("@")[0]).glob("*.yaml") for folder in folders]
        options = sorted({file.stem for files in there for file in files})
        # Where several are chosen, Hydra does not say which; each has a node of its name.
        several = ", ".join(name for name in config.get(group) or () if name in options)
        now = chosen.get(group, several)
        lines.append(f"{group}: {', '.join(options)} ({f'now {now}' if now else 'none chosen'})\n")
    return "".join(lines)


def _groups_of(folders: list[Path], name: str) -> list[str]:
    """Groups that the defaults of a file name, and of the files that these name."""
    text = first_text(folders, f"{name}.yaml")
    found: list[str] = []
    for entry in (yaml.safe_load(text) or {}).get("defaults", ()):
        if isinstance(entry, dict):
            found += [key.split(" ")[-1] for key in entry]
        elif entry != "_self_":
            found += _groups_of(folders, entry)
    return list(dict.fromkeys(found))


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
            said |= _said_of(config, folders, f"{group}/{option}", node)
    content = OmegaConf.to_container(config)
    assert isinstance(content, dict)
    del content["hydra"]
    for group in content.keys() - hydra.runtime.choices.keys():  # of which several are chosen
        for option in content[group] if isinstance(content[group], dict) else ():
            said |= _said_of(config, folders, f"{group}/{option}", (group,))
    return _with_comments(OmegaConf.to_yaml(OmegaConf.create(content)), said)


def _folders(config: DictConfig) -> list[Path]:
    """Folders with configuration files, in the order in which Hydra searches them."""
    return [Path(one.path) for one in config.hydra.runtime.config_sources if one.schema == "file"]


def _said_of(config: DictConfig, folders: list[Path], name: str, node: Key) -> dict[Key, str]:
    """As :func:`_said`, of an option, which may be a node within the group's."""
    said = _said(folders, name, node)
    inner = (*node, Path(name).name)
    if node in said and OmegaConf.is_dict(OmegaConf.select(config, ".".join(inner))):
        said[inner] = said.pop(node)
    return said


def _said(folders: list[Path], name: str, node: Key) -> dict[Key, str]:
    """What a file says of its keys and, as a whole, of its node.

    Args:
        folders: Which may have the file; the first counts.
        name: Of the file, without suffix.
        node: Where its keys are.
    """
    text = first_text(folders, f"{name}.yaml")
    if GLOBAL.match(text):
        node, text = (), GLOBAL.sub("", text)
    said: dict[Key, str] = {}
    for other in (yaml.safe_load(text) or {}).get("defaults", ()):
        if isinstance(other, str) and other != "_self_":
            said |= _said(folders, str(Path(name).parent / other), node)
    return said | {(*node, *key): comment for key, comment in comments(text).items()}


def _with_comments(text: str, said: dict[Key, str]) -> str:
    """YAML with comments; what takes several lines at the outermost level is set apart."""
    named = {place.first: (key, place) for key, place in keys(text)}
    blocks: list[list[str]] = []
    for number, line in enumerate(text.splitlines()):
        key, place = named.get(number, ((), None))
        if len(key) == 1:
            blocks.append([])
        comment = said.get(key, "") if key else ""
        fits = place is not None and place.last == number  # else the comment would end in the value
        blocks[-1] += _with_comment(line, comment, behind=fits)
    apart = [max(len(one), len(other)) > 1 for one, other in pairwise(blocks)]
    ends = ["\n\n" if gap else "\n" for gap in (*apart, False)]
    return "".join("\n".join(block) + end for block, end in zip(blocks, ends, strict=True))


def _with_comment(line: str, comment: str, *, behind: bool) -> list[str]:
    """A line with its comment behind it, or above it where there is no room."""
    if not comment:
        return [line]
    whole = f"{line} # {comment}"
    if behind and len(whole) <= WIDTH:
        return [whole]
    mark = line[: len(line) - len(line.lstrip())] + "# "
    wrapped = textwrap.wrap(comment, WIDTH, initial_indent=mark, subsequent_indent=mark)
    return [*wrapped, line]
