"""A job that starts again in its own folder, as one that was preempted or ran out of time does."""

from __future__ import annotations

import shutil
from pathlib import Path

from omegaconf import DictConfig

from lungseg.errors import ConfigError
from lungseg.files import remove_parts
from lungseg.runs.checkpoint import LAST
from lungseg.runs.claim import BEGUN, has_begun, lock
from lungseg.runs.launched import submitit_job
from lungseg.runs.status import read_status
from lungseg.sweeps.callback import claim_for
from lungseg.sweeps.mode import is_search


def claim_or_resume(config: DictConfig, folder: Path) -> None:
    """Claim the folder of a sweep's job; where submitit has requeued the job, resume its run.

    A job of submitit's may begin when the search that it was started by is long dead, and another
    has replaced its trial.

    Args:
        config: Of the job; its ``ckpt_path`` is set where there is a checkpoint to resume from.
        folder: Of the job.

    Raises:
        ConfigError: If another run has begun there, another process is in it, or the search has
            given the trial up.
    """
    job = submitit_job()
    status = read_status(folder) or {}
    if job is None or status.get("job") != job or not has_begun(folder):
        claim_for(config, folder)
        _refuse_given_up(config, job)
        return
    lock(folder)
    remove_parts(folder)
    _refuse_given_up(config, job)
    if (folder / LAST).is_file():
        config.ckpt_path = str(folder / LAST)
        return
    for name in BEGUN:  # it was stopped before its first checkpoint, and starts anew
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)


def _refuse_given_up(config: DictConfig, job: str | None) -> None:
    """Stop a job whose trial was replaced; its folder is locked, so that none is from here on."""
    from hydra.core.hydra_config import HydraConfig

    hydra = HydraConfig.get()
    if job is None or not is_search(hydra):
        return
    from lungseg.search.storage import close_storage, open_storage
    from lungseg.search.study import is_open

    sweeper, number = hydra.sweeper, int(hydra.job.num)
    storage = open_storage(sweeper.storage, config.outputs, sweeper.study_name)
    wanted = is_open(storage, sweeper.study_name, number)
    close_storage(storage)
    if not wanted:
        raise ConfigError(f"trial {number} was given up when its search was stopped")
