"""What went wrong, in one line."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any

from omegaconf import flag_override

from lungseg.command.not_given import not_given
from lungseg.config import VERSION_BASE, conf_dir, flatten
from lungseg.errors import LungsegError, describe
from lungseg.overrides import PAIRS, quote_twice, quoted, split_override
from lungseg.privacy import PATHS

SOURCE = "source"
"""Node of an option of ``data`` that names its class."""


def one_line(
    error: BaseException | None, command: str, overrides: list[str], *, in_log: bool = False
) -> str:
    """Say what an error means, where, and what would be right.

    Args:
        error: Ours, Hydra's, or any other.
        command: The command that met it; its settings are looked up for suggestions.
        overrides: As typed.
        in_log: Leave paths out: a source's may name a patient.
    """
    if isinstance(error, LungsegError):
        return describe(error, in_log=in_log)
    text = str(error)
    if match := re.search(r"Environment variable '([^']+)' not found", text):
        return f"{match[1]}: this environment variable is not set"
    if match := re.search(r"In '([^']+)': \w+ raised while composing config", text):
        cause = error.__cause__ if error is not None else None
        why = str(cause or "").strip().splitlines()
        hint = (
            "; a search needs '- override /hydra/sweeper: lungseg' in its defaults"
            if why and "space" in why[0]
            else ""
        )
        return f"{match[1]}.yaml cannot be composed: {why[0] if why else text}{hint}"
    if match := re.search(r"Additional config directory '(.+)' not found", text):
        return f"--config-dir: no such folder{'' if in_log else f' [{match[1]}]'}"
    if match := re.search(r"Could not (?:find|load) '([^']+)/([^'/]+)'", text):
        return _unknown_option(match[1], match[2], overrides)
    if match := re.search(r"Interpolation key '([^']+)' not found", text):
        where = re.search(r"full_key: (\S+)", text)
        return (
            f"{f'{where[1]}: ' if where else ''}${{{match[1]}}}: no such setting; an environment"
            f" variable is ${{oc.env:NAME}}, or $NAME where the shell expands it (not in ' ')"
        )
    if match := re.search(r"Could not override '([^']+)'", text):
        return _unknown_key(match[1], command, overrides)
    if match := re.search(r"Key '[^']+' is not in struct\s+full_key: (\S+)", text):
        return f"{match[1]}: this setting must be there; leave ~{match[1]} out"
    if "Config group override must be a string or a list" in text:
        return _number_as_option(overrides)
    if match := re.search(r"Ambiguous value for argument '(.+)'$", text, re.M):
        return _several_values(match[1], command)
    if match := re.search(r"[Mm]issing mandatory value: (\S+)", text):
        return not_given(match[1], command, overrides, _conf_dirs(overrides))
    if type(error).__name__ == "OverrideParseException":
        return _unreadable(str(getattr(error, "override", text)), command, overrides)
    if isinstance(error, ModuleNotFoundError) and error.name == "ray":
        return "hydra/launcher=ray: not installed: pip install 'lungseg[ray]'"
    return describe(error, in_log=in_log)


def _unknown_option(group: str, option: str, overrides: list[str]) -> str:
    files = (file for conf in _conf_dirs(overrides) for file in (conf / group).glob("*.yaml"))
    options = {file.stem for file in files}
    if group == "hydra/launcher":
        extra = {"joblib": "joblib", "submitit_local": "slurm", "submitit_slurm": "slurm"}
        if option in extra:
            return f"{group}={option}: not installed: pip install 'lungseg[{extra[option]}]'"
        options |= {"basic", *extra}
    return f"{group}={option}: no such option; there are {', '.join(sorted(options))}"


def _number_as_option(overrides: list[str]) -> str:
    """What to say of the group whose option is a number, which Hydra does not name."""
    for word in overrides:
        group, _, option = split_override(word)
        is_group = any((conf / group).is_dir() for conf in _conf_dirs(overrides))
        if group and is_group and not re.match(r"[A-Za-z_\[]", option):
            return _unknown_option(group, option, overrides)
    return "an option of a group must be a name; lungseg train --help lists them"


def _unreadable(word: str, command: str, overrides: list[str]) -> str:
    """What is wrong with an override that Hydra's grammar does not take."""
    if command in ("compare", "pool", "plan") and "=" not in word:
        folders = [one for one in overrides if "=" not in one and not one.startswith("-")]
        meant = folders[0] if len(folders) == 1 else f"[{','.join(folders)}]"
        return f"{word}: run folders are given as runs={meant}"
    _, start, value = split_override(word)
    if "=" not in word or not re.fullmatch(r"[+~]{0,2}[\w@./$:-]+=", start, re.ASCII):
        return f"{word}: overrides look like key=value; lungseg {command} --help lists the settings"
    if value.startswith("~"):
        return f"{word}: the shell expands ~ only at the start of a word; write $HOME"
    if (whole := _without_spaces(word, overrides)) != word:
        return f"{word}: a space ends it here; write {whole}, without spaces"
    if re.search(r"^,|,,|,$", value):
        return f"{word}: nothing stands on one side of a comma; leave that comma out"
    uneven = any(value.count(opened) != value.count(closed) for opened, closed in PAIRS.items())
    what = "its brackets do not pair up" if uneven else "cannot be read as a value"
    return f"{word}: {what}; if it is meant as text, quote the value twice: {quote_twice(word)}"


def _without_spaces(word: str, overrides: list[str]) -> str:
    """A word with the values after it that a comma at its end makes part of it."""
    following = overrides[overrides.index(word) + 1 :] if word in overrides else []
    whole = word
    for value in following:
        if not whole.endswith(",") or not re.fullmatch(r"[^\s=-][^\s=]*", value):
            break
        whole += value
    return word if whole == word else whole.rstrip(",")


def _several_values(word: str, command: str) -> str:
    key, start, value = split_override(word)
    is_path = key in PATHS
    own = (conf_dir() / f"{command}.yaml").read_text("utf-8")
    is_list = re.search(rf"^{re.escape(key)}: (\[|.*# a list)", own, re.M)  # as its YAML says
    if (is_path and PATHS[key].many) or is_list:
        return f"{word}: several values; write {start}[{value}] for a list"
    hint = f"quote one path twice: {quote_twice(word)}" if is_path else "write [a,b] for a list"
    return f"{word}: several values; add -m to sweep over them, or {hint}"


def _unknown_key(key: str, command: str, overrides: list[str]) -> str:
    keys, groups = _known(command, overrides)
    if key not in groups and any((conf / key).is_dir() for conf in _conf_dirs(overrides)):
        return f"{key}: lungseg {command} has no such group; it has {', '.join(sorted(groups))}"
    if key in keys:  # a search's, and none was chosen
        return f"{key}: is read by a search only: choose one with sweep=…"
    node, _, last = key.rpartition(".")
    if options := _options_with(node, last, overrides):
        choose = "; choose one of them" if len(options) > 1 else ""
        if not {f"{node}._target_", f"{node}.{SOURCE}._target_"} & {*keys}:
            choose = f"; {node}=… must be given"
        return f"{key}: is a setting of {node}={f' or {node}='.join(options)}{choose}"
    if f"{node}._target_" in keys:  # of its own node alone: the beginnings of keys are alike
        there = [name.removeprefix(f"{node}.") for name in keys if name.startswith(f"{node}.")]
        close = [f"{node}.{name}" for name in get_close_matches(last, there, n=1)]
        other = f"if the class that {node}._target_ names takes it, add it with +{key}=…"
    else:
        close = _by_last_word(key, keys) or get_close_matches(key, [*keys, *groups], n=1)
        other = f"lungseg {command} --help lists them"
    if command == "predict" and key in ("run", "ckpt"):  # as evaluate and export have it
        close = ["model"]
    hint = f"did you mean {' or '.join(close)}?" if close else other
    return f"{key}: no such setting; {hint}"


def _by_last_word(key: str, keys: list[str]) -> list[str]:
    """Settings of groups that are called so within them: ``optimizer.lr`` for ``lr``.

    Limits too, since other programs call ``trainer.max_epochs`` the epochs.
    """
    return [name for name in keys if re.fullmatch(rf"\w+\.(max_)?{re.escape(key)}", name)]


def _options_with(group: str, key: str, overrides: list[str]) -> list[str]:
    """Options of a group that name a class, of their own or of a source, and have a setting."""
    import yaml  # type: ignore[import-untyped]

    found = set()
    for file in (file for conf in _conf_dirs(overrides) for file in (conf / group).glob("*.yaml")):
        content = yaml.safe_load(file.read_text("utf-8"))
        if not group or not isinstance(content, dict) or key not in content:
            continue
        if {"_target_", SOURCE} & content.keys():
            found.add(file.stem)
    return sorted(found)


def _known(command: str, overrides: list[str]) -> tuple[list[str], list[str]]:
    """All keys of a command's configuration with the groups chosen as typed, and its groups."""
    from hydra import compose, initialize_config_dir
    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    from hydra_plugins.lungseg_sweeper import DEFAULTS

    more = ",".join(quoted(f"file://{folder.resolve()}") for folder in _conf_dirs(overrides)[1:])
    search_path = [f"hydra.searchpath=[{more}]"] if more else []
    with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):

        def composed(words: list[str]) -> Any:
            return compose(command, [*search_path, *words], return_hydra_config=True)

        plain = composed([])
        groups = [name for name in plain.hydra.runtime.choices if not name.startswith("hydra/")]
        chosen = [word for word in overrides if word.split("=")[0] in groups and "," not in word]
        try:
            config = composed(chosen)
        except HydraException:  # a chosen option is wrong too, and will be reported in its turn
            config = plain
        with flag_override(config, ["struct", "readonly"], [False, False]):
            del config["hydra"]
        keys = flatten(dict(OmegaConf.to_container(config)))  # type: ignore[arg-type]
    sweeper = [f"hydra.sweeper.{key}" for key in DEFAULTS if key != "_target_"]
    return [*keys, *sweeper], groups


def _conf_dirs(overrides: list[str]) -> list[Path]:
    """Folders of groups: our own, then those that the user gave."""
    flags = ("-cd", "--config-dir")
    folders = [conf_dir()]
    for word, value in pairwise([*overrides, ""]):
        flag, equals, same_word = word.partition("=")
        if flag in flags:
            folders.append(Path(same_word if equals else value))
    return folders
