"""Configurations as the commands compose them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from lungseg.cli import COMMANDS
from lungseg.config import conf_dir
from lungseg.runs.settings import CASES


@contextmanager
def _searched(folder: Path | None) -> Iterator[list[str]]:
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        yield [] if folder is None else [f"hydra.searchpath=[file://{folder}]"]


@cache
def composed(
    command: str, *overrides: str, config_dir: Path | None = None
) -> tuple[DictConfig, DictConfig]:
    """The configuration of a command and Hydra's own, as a job gets them. Read only."""
    with _searched(config_dir) as more:
        whole = compose(command, [*overrides, *more], return_hydra_config=True)
    task = OmegaConf.masked_copy(whole, [str(key) for key in whole if key != "hydra"])
    assert isinstance(task, DictConfig)
    return task, whole.hydra


def all_options() -> list[list[str]]:
    """For each option of each group a command line that chooses it."""
    lines = [[command] for command in COMMANDS]
    for group in sorted(folder.name for folder in conf_dir().iterdir() if folder.is_dir()):
        options = sorted(file.stem for file in (conf_dir() / group).glob("*.yaml"))
        if group == "callbacks":
            lines.append(["train", f"callbacks=[{','.join(options)}]"])
        elif group == "data":
            lines += [[command, f"data={name}"] for command in CASES for name in options]
        else:
            lines += [["train", f"{group}={name}"] for name in options]
    return lines
