"""Completion in shells, as bash calls it and as Hydra's scripts ask for it."""

import os
import subprocess
import sys

import pytest

from lungseg.cli import COMMANDS, WITHOUT_SETTINGS, main


@pytest.fixture
def suggested(monkeypatch, capfd):
    """What is offered for a line."""

    def query(line, shell="bash"):
        monkeypatch.setenv("COMP_LINE", line)
        assert main(["-sc", f"query={shell}"]) == 0
        out, err = capfd.readouterr()
        assert err == ""
        return out.split()

    return query


def test_commands(suggested):
    assert suggested("lungseg ") == [*COMMANDS, *WITHOUT_SETTINGS]
    assert suggested("lungseg tr") == ["train"]
    assert suggested("lungseg tr", "fish") == ["train"]
    assert suggested("lungseg nothing") == []


def test_groups_options_and_settings(suggested):
    assert {"model=", "model."} == {*suggested("lungseg train mode")}
    assert "model=unet_small" in suggested("lungseg train seed=1 model=")
    assert suggested("lungseg train loss=dice loss.sm") == ["loss.smooth="]
    assert "runs=" in suggested("lungseg compare ")
    assert suggested("lungseg nothing ") == suggested("lungseg train model=[ loss") == []


@pytest.mark.parametrize("words", [["-sc", "install=bash"], ["train", "-sc", "install=bash"]])
def test_bash_completes_the_whole_program(words, tmp_path, capfd):
    assert main(words) == 0
    (tmp_path / "script").write_text(capfd.readouterr().out)
    (tmp_path / "lungseg").write_text(f'#!/bin/sh\nexec {sys.executable} -m lungseg "$@"\n')
    (tmp_path / "lungseg").chmod(0o755)
    done = subprocess.run(
        [
            *("bash", "-c"),
            "source script; COMP_LINE='lungseg train model=unet_s'; COMP_POINT=${#COMP_LINE};"
            " COMP_CWORD=2; $(complete -p lungseg | sed 's/.*-F \\(\\S*\\) .*/\\1/');"
            ' echo "${COMPREPLY[@]}"',
        ],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["model=unet_small"], done.stderr


@pytest.mark.parametrize("words", [["-sc"], ["train", "-sc"], ["-sc", "install=csh"], ["-sc", "x"]])
def test_what_is_not_offered_is_one_line(words, capfd):
    assert main(words) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert 'eval "$(lungseg -sc install=bash)"' in line
