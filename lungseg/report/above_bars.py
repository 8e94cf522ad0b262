"""Lines of a log while a progress bar is on the terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


class _Above:
    """A stream whose lines a console prints above its bar."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, text: str) -> None:
        """Print a record, with the line's end that its handler has added."""
        self._console.print(
            text.removesuffix("\n"), markup=False, emoji=False, highlight=False, soft_wrap=True
        )

    def flush(self) -> None:
        """Nothing waits."""


@contextmanager
def logged_above_bars(console: Console) -> Iterator[None]:
    """Have what is logged to the terminal printed by a console, which moves its bar out of the way.

    Handlers know the terminal from before there was a bar, and would write into its line. Those
    that write to files or pipes stay as they are.
    """
    handlers = [
        handler
        for handler in logging.root.handlers
        if isinstance(handler, logging.StreamHandler)
        and handler.stream is not None  # of a file that is opened with its first line
        and handler.stream.isatty()
    ]
    streams = [handler.setStream(_Above(console)) for handler in handlers]
    try:
        yield
    finally:
        for handler, stream in zip(handlers, streams, strict=True):
            handler.setStream(stream)
