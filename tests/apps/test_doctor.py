"""``lungseg doctor`` in a folder that is no project, whose names must not be in what it prints."""

import os
import platform
import shutil
import socket
import subprocess
import sys

import psutil
import pydicom
import pytest
import torch

from lungseg.apps import doctor
from lungseg.cli import main
from tests.conftest import Cli

MARKS = ("Quasimodo", "Esmeralda", "Frollo")


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("Quasimodo") / "Esmeralda"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LOGNAME", "USER", "HOME", "HOSTNAME", "VIRTUAL_ENV", "WANDB_API_KEY"):
            patch.setenv(name, f"/home/Frollo/{name}")
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("FROLLO_TOKEN", "x")
        done = Cli(folder)("doctor", "outputs=Esmeralda/Frollo")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert list(folder.iterdir()) == []
    return done.stdout


@pytest.fixture(scope="module")
def rows(printed):
    """Values by label; long ones go on in lines that begin with blanks."""
    found, label = {}, ""
    for line in printed.splitlines():
        if line.startswith(("```", "- ")) or not line:
            continue
        if line.startswith(" "):
            found[label] += f" {line.strip()}"
        else:
            label, _, value = line.partition("  ")
            found[label] = value.strip()
    return found


def test_no_name_of_a_person_a_machine_or_a_folder(printed):
    assert [mark for mark in MARKS if mark.lower() in printed.lower()] == []
    assert "/home" not in printed
    assert os.sep + "tmp" not in printed


def test_the_machine_s_own_name_is_not_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "frollo")
    monkeypatch.setattr(platform, "node", lambda: "frollo")
    assert "frollo" not in doctor.report(tmp_path).lower()


def test_it_says_what_others_say(rows, tmp_path):
    assert rows["Python"].startswith(platform.python_version())
    assert rows["torch"] == torch.__version__
    assert rows["pydicom"] == pydicom.__version__
    nproc = subprocess.run(
        ["nproc"], capture_output=True, text=True, env={"PATH": os.environ["PATH"]}
    )
    assert float(rows["cores"].split()[0]) <= int(nproc.stdout)
    assert float(rows["memory"].split()[0]) <= psutil.virtual_memory().total / 2**30 + 0.06
    free = shutil.disk_usage(tmp_path).free / 2**30
    assert float(rows["disk at outputs"].split()[0]) == pytest.approx(free, rel=0.2)
    assert rows["trainer.precision"].removeprefix("auto is ") in ("32-true", "bf16-mixed")
    assert rows["threads"].startswith("torch 1, ")
    assert rows["OMP_NUM_THREADS"] == "1"


def test_variables_are_named_without_their_values(rows):
    names = rows["variables set"].split(", ")
    assert {"OMP_NUM_THREADS", "VIRTUAL_ENV", "WANDB_API_KEY"} <= {*names}
    assert not {"FROLLO_TOKEN", "HOME", "LOGNAME", "HOSTNAME"} & {*names}


def test_it_can_be_pasted_into_markdown(printed):
    lines = printed.splitlines()
    assert lines[0] == lines[-1] == "```"
    assert max(map(len, lines)) <= 100
    assert printed.isascii()
    table = lines[1 : lines.index("")]
    column = table[0].index("0.")  # of the version of lungseg
    assert all(line[column - 2 : column] == "  " and line[column] != " " for line in table)
    assert lines[lines.index("") + 1].startswith("- ")


def test_advice_and_what_is_missing_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "wanting", lambda: ["zarr is missing: lungseg needs zarr>=3.1"])
    monkeypatch.setattr(doctor, "_is_writable", lambda folder: False)
    report = doctor.report(tmp_path / "not" / "there").splitlines()
    problems = [line for line in report if line.startswith("- ")]
    assert problems[0] == "- zarr is missing: lungseg needs zarr>=3.1"
    assert problems[1].startswith("- outputs: no file can be written there")


def test_a_torch_that_cannot_be_imported(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    report = doctor.report(tmp_path)
    assert "unknown: torch cannot be imported" in report
    assert "- torch: cannot be imported" in report


def test_whether_files_can_be_written(tmp_path):
    assert doctor._is_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not doctor._is_writable(tmp_path / "missing")


@pytest.mark.parametrize(
    ("release", "shown"),
    [("6.8.0-45-generic", "6.8.0"), ("5.15.0-frollo", "5.15.0"), ("frollo", "")],
)
def test_a_kernel_is_named_by_its_number(release, shown, monkeypatch):
    monkeypatch.setattr(platform, "release", lambda: release)
    assert doctor._system().split(",")[0] == f"{platform.system()} {shown} {platform.machine()}"


def test_words_that_it_does_not_take(capsys):
    assert main(["doctor", "--help"]) == 0
    assert "outputs=DIR" in capsys.readouterr().out
    assert main(["doctor", "seed=1"]) == 2
    assert capsys.readouterr().err == "lungseg doctor: error: seed=1: takes outputs=DIR only\n"
