"""A thin shell around Hydra: one line for what goes wrong, the traceback to the log."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from omegaconf import DictConfig

from lungseg.command import explained
from lungseg.command.renamed import as_typed, with_folder, with_labels, with_models
from lungseg.command.resumed import with_overrides_of_run
from lungseg.command.signals import exit_code, interrupted_by_signals
from lungseg.command.typed import check_words
from lungseg.config import VERSION_BASE, conf_dir, register_resolvers
from lungseg.errors import LungsegError, Stop
from lungseg.overrides import flags_first, quoted_overrides
from lungseg.runs.claim import release
from lungseg.sweeps.end import INTERRUPTED, end_sweep, failed_job

FULL_ERROR = "HYDRA_FULL_ERROR"


def launch(command: str, overrides: list[str]) -> int:
    """Compose the command's configuration, run it, and return the exit code.

    Args:
        command: Names a module in ``lungseg.apps`` with a function ``run(config)``, and a primary
            config of the same name.
        overrides: Hydra's overrides and flags.
    """
    argv = sys.argv
    code = 1
    with interrupted_by_signals() as came:
        try:
            code = _hydra(command, overrides)
        finally:  # whatever stopped it
            sys.argv = argv
            release()
            code = end_sweep(command, code)
    return exit_code(came[0]) if came else code


def _hydra(command: str, overrides: list[str]) -> int:
    """Compose and run; report an error in one line."""
    import hydra

    # Where a log cannot be written, as on a full disk, Python would print a traceback per line.
    logging.raiseExceptions = False

    register_resolvers()
    explained.register()
    full = os.environ.get(FULL_ERROR) == "1"
    argv = sys.argv

    def task(config: DictConfig) -> Any:
        from lungseg.command.job import run_job

        # Lightning starts further processes of a run by the command line as it was typed.
        sys.argv = argv
        # A job in a launcher's process has no handlers of ours yet.
        with _environment(FULL_ERROR, "1" if full else None), interrupted_by_signals():
            return run_job(command, config)

    main = hydra.main(version_base=VERSION_BASE, config_path=str(conf_dir()), config_name=command)
    try:
        check_words(overrides)
        words = with_models(command, with_overrides_of_run(command, overrides))
        words = quoted_overrides(with_folder(with_labels(words)))
        # Completion is installed for the name of the program.
        program = "lungseg" if {"-sc", "--shell_completion"} & {*words} else f"lungseg {command}"
        sys.argv = [program, *flags_first(words)]
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

        line = as_typed(command, one_line(error, command, overrides))
        if not isinstance(error, LungsegError):
            line = failed_job() or line
        print(f"lungseg {command}: error: {line}", file=sys.stderr)
        return 1
    return 0


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
