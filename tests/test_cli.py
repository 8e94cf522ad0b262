"""The command itself: quick, and clear about what it does not know."""

import subprocess
import sys

import pytest

from lungseg import __version__
from lungseg.cli import COMMANDS, WITHOUT_SETTINGS, main

HEAVY = ("torch", "hydra", "omegaconf", "numpy", "pydicom", "wandb", "zarr", "rich")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_the_commands(arguments, capsys):
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert all(f"  {command} " in out for command in COMMANDS | WITHOUT_SETTINGS)


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from lungseg.cli import main; main(['--help']);"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_configuration_is_shown_without_importing_torch():
    code = (
        "import sys; from lungseg.cli import main; main(['train', '--cfg', 'job']);"
        "print([name for name in ('torch', 'pydicom', 'wandb') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "alpha: 0.666" in done.stdout


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"lungseg {__version__}"


@pytest.mark.parametrize(
    ("command", "hint"),
    [("trian", "did you mean train?"), ("segment", "there are prepare, preview, train")],
)
def test_an_unknown_command(command, hint, capsys):
    assert main([command]) == 2
    assert hint in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_hydras_own_flags(command, cli):
    for flags in (["--cfg", "job"], ["--help"], ["--info", "searchpath"]):
        done = cli(command, *flags)
        assert done.returncode == 0, done.stderr
        assert done.stdout
