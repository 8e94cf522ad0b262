"""What a job writes about itself without identifying values: its logs and its status."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

from omegaconf import DictConfig

from lungseg.overrides import as_typed
from lungseg.privacy import identifying_values
from lungseg.redaction import Redactor, identifying_in


def redactor_of_job(config: DictConfig) -> Redactor:
    """Knows what identifies in the settings of the job under way and in its overrides."""
    from hydra.core.hydra_config import HydraConfig

    overrides = HydraConfig.get().overrides
    values = identifying_values(config)
    for words in (overrides.task, overrides.hydra):
        values = values.union(*map(identifying_in, as_typed(words)))
    return Redactor(values)


class RedactedLog(logging.Formatter):
    """Writes records as another formatter does, without identifying values.

    Args:
        formatter: The other one.
        redactor: Knows the values.
    """

    def __init__(self, formatter: logging.Formatter, redactor: Redactor) -> None:
        super().__init__()
        self.formatter = formatter
        self.redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """A record's text, without the files that a traceback names."""
        text = self.formatter.format(record)
        files = set(_files(record.exc_info[1] if record.exc_info else None))
        return self.redactor.message(Redactor(files).message(text) if files else text)


def redact_logs(redactor: Redactor) -> None:
    """Have all log files of this process left without identifying values.

    The screen is left as it is: it may name the file that an error is about.
    """
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    for logger in loggers:
        for handler in getattr(logger, "handlers", ()):
            if isinstance(handler, logging.FileHandler):
                formatter = handler.formatter or logging.Formatter()
                handler.setFormatter(RedactedLog(formatter, redactor))


def _files(error: BaseException | None) -> Iterator[str]:
    """Files that an error and those behind it name."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        waiting += [error.__cause__, error.__context__]
        if isinstance(error, OSError):
            for file in (error.filename, error.filename2):
                if isinstance(file, str | bytes | os.PathLike):
                    yield os.fsdecode(file)
