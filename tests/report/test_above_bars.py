"""What is logged while a bar is shown stands on a line of its own."""

import io
import logging
import re
import sys

import pytest

from lungseg.errors import DataError
from lungseg.report.screen import track

log = logging.getLogger(__name__)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def screen(monkeypatch):
    """A screen on which bars are drawn, and a handler of the log that writes to it or elsewhere."""

    def make(to=None):
        terminal = Terminal()
        for name in ("stdout", "stderr"):  # in the test: pytest sets them again before it
            monkeypatch.setattr(sys, name, terminal)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "80")
        handler = logging.StreamHandler(to or terminal)
        monkeypatch.setattr(logging.root, "handlers", [handler])
        return terminal, handler

    return make


def lines(text):
    """As they stand on a terminal, where a return begins a line anew."""
    plain = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", text)
    return [line.rsplit("\r", 1)[-1] for line in plain.splitlines()]


def test_a_line_of_its_own(screen):
    terminal, handler = screen()
    said = (
        "scan-3f2f2d7404: failed: [a reason] that is longer than the terminal is wide, " + "x" * 60
    )
    for name in track(["a", "b"], "Predicting scans"):
        log.error(said if name == "a" else "another")
    assert "Predicting scans" in terminal.getvalue()
    assert said in lines(terminal.getvalue())
    assert "another" in lines(terminal.getvalue())
    assert handler.stream is terminal


def test_a_log_in_a_file_gets_its_lines_there(screen):
    file = io.StringIO()
    terminal, _ = screen(file)
    for _ in track(["a"], "Predicting scans"):
        log.error("failed")
    assert file.getvalue() == "failed\n"
    assert "Predicting scans" in terminal.getvalue()
    assert "failed" not in terminal.getvalue()


def test_the_log_is_given_back_after_an_error(screen):
    terminal, handler = screen()

    def stops():
        for _ in track(["a", "b"], "Predicting scans"):
            raise DataError("of a case")

    with pytest.raises(DataError):
        stops()
    assert handler.stream is terminal
