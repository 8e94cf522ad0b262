"""A job of a sweep in a process of its own, for a run on several devices."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from lungseg.errors import ConfigError, Pruned
from lungseg.files import write_text
from lungseg.overrides import literal, literals
from lungseg.runs.claim import release
from lungseg.runs.launched import JOB, submitit_job
from lungseg.runs.status import read_status
from lungseg.sweeps.mode import sweeping

RESOLVED = "job"
"""Name of the configuration that such a process is started with."""


def has_to_run_alone(config: DictConfig) -> bool:
    """Whether this is a job of a sweep that trains or evaluates on several devices."""
    return sweeping() and config.trainer.get("devices", 1) != 1


def run_alone(command: str, config: DictConfig, run_dir: Path) -> None:
    """Run a command as it would run by itself, from this job's resolved configuration.

    Lightning starts the other processes of a run by its command line. Under ``-m`` each of them
    would sweep, and a search could give each other values; this command line leaves nothing open.

    Args:
        command: Of lungseg.
        config: Of the job.
        run_dir: Its folder.

    Raises:
        ConfigError: If the process failed.
        Pruned: If a search gave it up.
    """
    import subprocess
    import tempfile

    release()  # that process claims the folder by itself
    # Paths of the source stand in it, so it lies outside the run folder and does not stay.
    with tempfile.TemporaryDirectory() as folder:
        # A ``${`` that is left in a resolved value is text.
        settings = literals(OmegaConf.to_container(config, resolve=True))
        settings |= {"hydra": _hydra(run_dir)}
        write_text(Path(folder) / f"{RESOLVED}.yaml", OmegaConf.to_yaml(settings))
        words = [
            *(sys.executable, "-m", "lungseg", command),
            *(f"--config-path={folder}", f"--config-name={RESOLVED}"),
        ]
        done = subprocess.run(words, stderr=subprocess.PIPE, text=True, env=_environment(config))
    if done.returncode:
        status = read_status(run_dir) or {"state": "failed", "error": None}
        if status["state"] == "pruned":
            raise Pruned(status["error"])
        lines = [status["error"], *reversed(done.stderr.strip().splitlines()), "no reason given"]
        reason = next(line for line in lines if line)
        # A path behind it is for the screen, not for the log: it may be the source's.
        reason = re.sub(r" \[[^\]]*\]$", "", reason)
        raise ConfigError(reason.removeprefix(f"lungseg {command}: error: "))
    sys.stderr.write(done.stderr)


def _hydra(run_dir: Path) -> dict[str, Any]:
    """Settings of Hydra that the job has from our own configuration."""
    from hydra.core.hydra_config import HydraConfig

    ours = HydraConfig.get()
    return {
        "job": {"name": ours.job.name, "chdir": ours.job.chdir},
        "job_logging": OmegaConf.to_container(ours.job_logging),
        "run": {"dir": literal(str(run_dir))},
        "output_subdir": None,  # the job's own overrides stand there already
    }


def _environment(config: DictConfig) -> dict[str, str]:
    """Without what says of which rank this process is; with the trial of a search.

    Slurm's number of tasks is that of the job that sweeps; the run starts its processes itself.
    """
    from lungseg.search.prune import TRIAL, this_trial

    trial = this_trial(config.outputs)
    mine = {TRIAL: json.dumps(asdict(trial))} if trial else {}
    if (job := submitit_job()) is not None:
        mine[JOB] = job
    place = (
        *("RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "WORLD_SIZE", "MASTER_"),
        *("SLURM_", "TORCHELASTIC_"),
    )
    return {name: value for name, value in os.environ.items() if not name.startswith(place)} | mine
