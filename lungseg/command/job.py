"""One run, or one job of a sweep, from its composed configuration to its status."""

from __future__ import annotations

import copy
import importlib
import logging
import warnings
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, flag_override

from lungseg.command.put_away import put_away_log
from lungseg.errors import Pruned, Stop
from lungseg.files import write_text
from lungseg.overrides import as_typed
from lungseg.redacted_logs import redact_logs, redactor_of_job
from lungseg.redaction import Redactor, hide_source, without_source
from lungseg.runs.claim import release, when_begun
from lungseg.runs.status import read_status, write_status
from lungseg.runs.unread import drop_unchosen, refuse_unread
from lungseg.sweeps.again import claim_or_resume
from lungseg.sweeps.alone import RESOLVED
from lungseg.sweeps.callback import NO_SETTINGS, Folders
from lungseg.sweeps.end import free_memory
from lungseg.sweeps.index import REFUSED, write_index
from lungseg.sweeps.mode import is_search
from lungseg.sweeps.orphan import end_with_sweep
from lungseg.targets import current_folder_importable

log = logging.getLogger(__name__)


def run_job(command: str, config: DictConfig) -> Any:
    """Record the settings of a run or of a sweep's job, run its command, note how it ended.

    Args:
        command: Names a module in ``lungseg.apps``.
        config: As composed.

    Returns:
        What the command made; of a sweep's job that failed, None.

    Raises:
        Stop: At an error of a run by itself, or with ``stop_on_error`` of a job.
    """
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    hydra_config = HydraConfig.get()
    run_dir = Path(hydra_config.runtime.output_dir)
    single = hydra_config.mode == RunMode.RUN
    redactor = redactor_of_job(config)
    redact_logs(redactor)
    sweep_dir = noted = run_dir
    if not single:
        sweep_dir = Path(hydra_config.sweep.dir)
        noted = sweep_dir / REFUSED / str(hydra_config.job.num)  # until the job has its folder
    try:
        drop_unchosen(config, hydra_config)
        if not single:
            if hydra_config.output_subdir is not None:
                hide_source(config, run_dir / hydra_config.output_subdir)
            hide_source(config, sweep_dir)
            claim_or_resume(config, run_dir)
            noted = run_dir
            if not is_search(hydra_config):  # which waits for its jobs when it starts again
                end_with_sweep()
        _record_settings(config, run_dir)
        _quiet()
        if hydra_config.job.config_name != RESOLVED:  # checked before it was resolved
            refuse_unread(command, config, hydra_config)
        app = importlib.import_module(f"lungseg.apps.{command}")
        with current_folder_importable():
            made = app.run(config, run_dir)
        if not single and read_status(run_dir) is None:  # training notes its own
            write_status(run_dir, "completed")
        return made
    except Exception as error:
        log.debug("the traceback:", exc_info=True)
        if single:
            if hydra_config.job.config_name != RESOLVED:  # a sweep's job keeps its place
                put_away_log(command, config, run_dir)
            raise Stop from error
        if isinstance(error, Pruned):
            log.info(f"job {hydra_config.job.num}: {error}")
            return None
        if noted != run_dir:  # for the index; the run that is there keeps its own
            _record_settings(config, noted)
        _note_failure(error, command, noted, hydra_config.job.num, redactor)
        if config.get("stop_on_error"):
            raise Stop from error
        return None  # its status says so; the other jobs of the sweep continue
    except KeyboardInterrupt as interrupt:
        if not single:
            _note_failure(interrupt, command, noted, hydra_config.job.num, redactor)
        elif hydra_config.job.config_name != RESOLVED:
            put_away_log(command, config, run_dir)
        raise
    finally:
        if not single:
            release()
            write_index(sweep_dir)
            free_memory()


def _record_settings(config: DictConfig, run_dir: Path) -> None:
    """Write what Hydra would have written before this run's first line; see ``Folders``."""
    from hydra.core.hydra_config import HydraConfig

    name = Folders.output_subdir
    if name is None:
        if (own := HydraConfig.get().output_subdir) is not None:  # without our callback
            hide_source(config, run_dir / own)
        return
    hydra_config: Any = copy.deepcopy(HydraConfig.instance().cfg)
    with flag_override(hydra_config.hydra, ["struct", "readonly"], [False, False]):
        hydra_config.hydra.output_subdir = name
        typed = as_typed(hydra_config.hydra.overrides.hydra)
        hydra_config.hydra.overrides.hydra = [word for word in typed if word != NO_SETTINGS]
    settings = {
        "config.yaml": config,
        "hydra.yaml": hydra_config,
        "overrides.yaml": hydra_config.hydra.overrides.task,
    }
    plain = {
        run_dir / name / file: OmegaConf.to_container(node, enum_to_str=True)
        for file, node in settings.items()
    }
    files = without_source(config, plain)

    def write() -> None:
        for file, text in files.items():
            write_text(file, text)

    if Folders.resumes:
        when_begun(run_dir, write)
    else:
        write()


def _note_failure(
    error: BaseException, command: str, folder: Path, job: int, redactor: Redactor
) -> None:
    from lungseg.command.messages import one_line

    reason = redactor.message(one_line(error, command, [], in_log=True))
    if read_status(folder) is None:  # stopped before it had begun
        write_status(folder, "failed", reason)
    log.error(f"job {job} failed: {reason}")


def _quiet() -> None:
    """Silence messages of libraries that our users cannot act on."""
    # It logs each part of a font that it leaves out of a PDF.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    # Lightning sets the level of its parent logger when it is imported; these keep theirs.
    for package in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(f"{package}.utilities.rank_zero").setLevel(logging.WARNING)
    for message in (
        ".*does not have many workers.*",
        ".*is smaller than the logging interval.*",
        ".*isinstance.*LeafSpec.*",
        ".*sync_dist=True.*",  # what we log is computed from all processes' counts already
        ".*Checkpoint directory .* exists and is not empty.*",
        ".*in eval mode at the start of training.*",  # batch norm of frozen layers
        ".*your dataloader is not resumable.*",  # our data module leaves out what was trained on
    ):
        warnings.filterwarnings("ignore", message=message)
