"""A thin shell around Hydra: one line for what goes wrong, the traceback to the log."""

from __future__ import annotations

import copy
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, flag_override

from lungseg.command.sigterm import TERMINATED, interrupted_by_sigterm
from lungseg.config import conf_dir, register_resolvers
from lungseg.errors import LungsegError, Pruned, Stop
from lungseg.files import write_text
from lungseg.overrides import as_typed, flags_first, quoted_overrides
from lungseg.redacted_logs import redact_logs, redactor_of_job
from lungseg.redaction import Redactor, hide_source, without_source
from lungseg.runs.claim import release, when_begun
from lungseg.runs.status import read_status, write_status
from lungseg.runs.unread import refuse_unread
from lungseg.sweeps.alone import RESOLVED
from lungseg.sweeps.callback import NO_SETTINGS, Folders, claim_for
from lungseg.sweeps.end import INTERRUPTED, end_sweep, failed_job, free_memory
from lungseg.sweeps.index import REFUSED

FULL_ERROR = "HYDRA_FULL_ERROR"
VERSION_BASE = "1.3"

log = logging.getLogger(__name__)


def launch(command: str, overrides: list[str]) -> int:
    """Compose the command's configuration, run it, and return the exit code.

    Args:
        command: Names a module in ``lungseg.apps`` with a function ``run(config)``, and a primary
            config of the same name.
        overrides: Hydra's overrides and flags.
    """
    argv = sys.argv
    code = 1
    with interrupted_by_sigterm() as terminated:
        try:
            code = _hydra(command, overrides)
        finally:  # whatever stopped it
            sys.argv = argv
            release()
            code = end_sweep(command, code)
    return TERMINATED if terminated.is_set() else code


def _hydra(command: str, overrides: list[str]) -> int:
    """Compose and run; report an error in one line."""
    import hydra

    register_resolvers()
    full = os.environ.get(FULL_ERROR) == "1"
    argv = sys.argv

    def task(config: DictConfig) -> Any:
        # Lightning starts further processes of a run by the command line as it was typed.
        sys.argv = argv
        with _environment(FULL_ERROR, "1" if full else None):
            return _job(command, config)

    main = hydra.main(version_base=VERSION_BASE, config_path=str(conf_dir()), config_name=command)
    sys.argv = [f"lungseg {command}", *flags_first(quoted_overrides(overrides))]
    try:
        # With this set Hydra raises errors instead of printing them.
        with _environment(FULL_ERROR, "1"):
            main(task)()
    except SystemExit as done:  # Hydra's help, and flags that it does not know
        return done.code if isinstance(done.code, int) else 1
    except KeyboardInterrupt:
        print(f"lungseg {command}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except (Exception, Stop) as stopped:
        error = stopped.__cause__ if isinstance(stopped, Stop) else stopped
        if full and error is not None:
            raise error from None
        from lungseg.command.messages import one_line

        line = one_line(error, command, overrides)
        if not isinstance(error, LungsegError):
            line = failed_job() or line
        print(f"lungseg {command}: error: {line}", file=sys.stderr)
        return 1
    return 0


def _job(command: str, config: DictConfig) -> Any:
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
        if not single:
            if hydra_config.output_subdir is not None:
                hide_source(config, run_dir / hydra_config.output_subdir)
            hide_source(config, sweep_dir)
            claim_for(config, run_dir)
            noted = run_dir
        _record_settings(config, run_dir)
        _quiet()
        if hydra_config.job.config_name != RESOLVED:  # checked before it was resolved
            refuse_unread(command, config, hydra_config)
        app = importlib.import_module(f"lungseg.apps.{command}")
        made = app.run(config, run_dir)
        if not single and read_status(run_dir) is None:  # training notes its own
            write_status(run_dir, "completed")
        return made
    except Exception as error:
        log.debug("the traceback:", exc_info=True)
        if single:
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
        raise
    finally:
        if not single:
            from lungseg.sweeps.index import write_index

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
    texts = {
        "config.yaml": OmegaConf.to_yaml(config),
        "hydra.yaml": OmegaConf.to_yaml(hydra_config),
        "overrides.yaml": OmegaConf.to_yaml(hydra_config.hydra.overrides.task),
    }
    files = without_source(config, {run_dir / name / file: text for file, text in texts.items()})

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
    ):
        warnings.filterwarnings("ignore", message=message)


@contextmanager
def _environment(name: str, value: str | None) -> Iterator[None]:
    before = os.environ.get(name)
    _set_environment(name, value)
    try:
        yield
    finally:
        _set_environment(name, before)


def _set_environment(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
