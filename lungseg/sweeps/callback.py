"""What Hydra calls before it writes anything: every run and every sweep claims its folder."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, flag_override

from lungseg.errors import ConfigError, Stop
from lungseg.overrides import literal, quoted
from lungseg.rank import is_rank_zero, starts_apart
from lungseg.runs.claim import claim, claim_new, claim_resumed, refuse_begun
from lungseg.sweeps.mode import is_search

MARK = ".sweep"
SUBMITIT = ".submitit"
NO_SETTINGS = "hydra.output_subdir=null"
"""The override by which Hydra writes no settings of a job."""


class Folders(Callback):
    """Claims folders. Set in ``conf/common.yaml``; the attributes are of this process.

    Attributes:
        sweep: Configuration of the sweep under way; None where there is none.
        submitit: Where in the folder of the sweep under way submitit leaves its files.
        output_subdir: Where in the folder of the run or job under way its settings are written.
        resumes: Whether the run under way resumes the one whose folder it is in.
        there: What was in the run's folder before it was claimed, and one level below; None where
            there was no folder.
    """

    sweep: DictConfig | None = None
    submitit = SUBMITIT
    output_subdir: str | None = None
    resumes = False
    there: frozenset[str] | None = None
    _output_subdir: str | None = None
    """Of this instance, which launchers carry into the processes of their jobs."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Claim the run folder; a folder named by the time gives way to the next free name.

        Hydra would write the settings before the run is accepted, and paths of the source with
        them. So it writes none: :mod:`lungseg.command.job` does.

        Raises:
            Stop: If the folder contains another run.
        """
        Folders.resumes = False
        with stopping(config):
            folder = Path(config.hydra.run.dir)
            first = is_rank_zero(config.get("trainer"))
            self._output_subdir = config.hydra.output_subdir if first else None
            with flag_override(config.hydra, ["struct", "readonly"], [False, False]):
                config.hydra.output_subdir = None
                if (claimed := self._claimed(config, folder, first=first)) != folder:
                    config.hydra.run.dir = literal(str(claimed))

    def _claimed(self, config: DictConfig, folder: Path, *, first: bool) -> Path:
        checkpoint = config.get("ckpt_path")
        if checkpoint is not None and _is_of(Path(checkpoint), folder):
            if first:
                claim_resumed(folder, Path(checkpoint))
                Folders.resumes = True
            return folder
        by_time = _named_by_time(config.hydra.run)
        if by_time and starts_apart(config.get("trainer")):
            raise ConfigError(
                "hydra.run.dir: must be given, the same for all processes of this run: each would"
                " name a folder by the time at which it starts"
            )
        if not first:
            return folder  # for its log
        Folders.there = None
        if by_time:
            folder = claim_new(folder)
        elif folder.is_dir():
            found = (*folder.glob("*"), *folder.glob("*/*"))
            Folders.there = frozenset(str(path.relative_to(folder)) for path in found)
        claim_for(config, folder)
        return folder

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Tell this process where the settings are written."""
        Folders.output_subdir = self._output_subdir

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Claim the folder of a sweep. A search keeps its own, and several workers share it.

        Hydra would write a job's settings before the job has claimed its folder, which may be
        another run's. So it writes none: :mod:`lungseg.command.job` does.

        Raises:
            Stop: If it contains another sweep, or a run.
        """
        Folders.resumes = False
        with stopping(config):
            folder = Path(config.hydra.sweep.dir)
            Folders.submitit = SUBMITIT
            if is_search(config.hydra):
                Folders.submitit = f"{SUBMITIT}/{secrets.token_hex(4)}"
                _set_submitit(config, Folders.submitit)
            else:
                if _named_by_time(config.hydra.sweep):
                    folder = claim_new(folder)
                    _set_sweep_dir(config, folder)
                for place in (folder, *folder.glob("*/")):
                    refuse_begun(place)
                folder.mkdir(parents=True, exist_ok=True)
                try:
                    (folder / MARK).touch(exist_ok=False)
                except FileExistsError:
                    raise ConfigError(
                        "this folder already contains a sweep; start again, or set hydra.sweep.dir",
                        folder,
                    ) from None
            self._output_subdir = config.hydra.output_subdir
            config.hydra.overrides.hydra.append(NO_SETTINGS)
        Folders.sweep = config


def claim_for(config: DictConfig, folder: Path) -> None:
    """Claim a folder for a run or job that starts there.

    Raises:
        ConfigError: If another has begun there.
    """
    if leaves_run_folder(config):
        claim(folder)
    else:
        refuse_begun(folder)


def leaves_run_folder(config: DictConfig) -> bool:
    """Whether a command leaves a run folder; the others leave a log and their settings."""
    named = (OmegaConf.select(config, key) for key in ("ckpt", "models", "predictions.path"))
    return "ckpt_path" in config or any(value is not None for value in named)


@contextmanager
def stopping(config: DictConfig) -> Iterator[None]:
    """Stop at any error: Hydra would only warn. A folder's name may ask for Hydra's settings."""
    hydra: Any = HydraConfig.instance()
    before, hydra.cfg = hydra.cfg, config
    try:
        yield
    except Exception as error:
        raise Stop from error
    finally:
        hydra.cfg = before


def _named_by_time(place: DictConfig) -> bool:
    """Whether the name of a folder, ``dir``, says no more than when the run started."""
    plain = OmegaConf.to_container(place)
    assert isinstance(plain, dict)
    return any(name in str(plain["dir"]) for name in ("${now:", "${lungseg."))


def _is_of(checkpoint: Path, folder: Path) -> bool:
    """Whether a checkpoint is of the run in this folder."""
    in_run = checkpoint.parent.name == "checkpoints"
    return in_run and checkpoint.parent.parent.resolve() == folder.resolve()


def _set_submitit(config: DictConfig, place: str) -> None:
    """A worker's own folder for submitit, so that it removes nothing of other workers."""
    plain: Any = OmegaConf.to_container(config.hydra.launcher)
    theirs = str(plain.get("submitit_folder", ""))
    if f"/{SUBMITIT}/" in theirs:
        with flag_override(config.hydra, ["struct", "readonly"], [False, False]):
            mine = theirs.replace(f"/{SUBMITIT}/", f"/{place}/")
            config.hydra.launcher.submitit_folder = mine


def _set_sweep_dir(config: DictConfig, folder: Path) -> None:
    """For the sweep and for its jobs, whose configurations Hydra composes anew."""
    with flag_override(config.hydra, ["struct", "readonly"], [False, False]):
        config.hydra.sweep.dir = literal(str(folder))
        config.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted(literal(str(folder)))}")
