"""The Dockerfile agrees with the project. That the image trains without a network needs an engine."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest

from lungseg.cli import WITHOUT_SETTINGS, main
from tests.conftest import CLONE

PROJECT = tomllib.loads((CLONE / "pyproject.toml").read_text())["project"]


def joined(text):
    """Its lines without comments, those that end in a backslash joined with the next."""
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith("#")]
    return [line for line in "".join(kept).replace("\\\n", "").splitlines() if line.strip()]


STEPS = [line.partition(" ")[::2] for line in joined((CLONE / "Dockerfile").read_text())]
ARGUMENTS = {rest.partition("=")[0] for step, rest in STEPS if step == "ARG"}
COPIED = [word for step, rest in STEPS if step == "COPY" for word in rest.split()[:-1]]
RUN = [rest for step, rest in STEPS if step == "RUN"]
PAGE = (CLONE / "docs" / "docker.md").read_text()
BLOCKS = "\n".join(re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [shlex.split(line) for line in BLOCKS.splitlines()]


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """A folder with what is copied into the image, and nothing else."""
    folder = tmp_path_factory.mktemp("context")
    for name in COPIED:
        source, target = CLONE / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    return folder


def test_exactly_what_is_copied_is_let_in():
    first, *rest = joined((CLONE / ".dockerignore").read_text())
    assert first == "*"
    assert {line.removeprefix("!") for line in rest if line.startswith("!")} == {*COPIED}
    assert {line for line in rest if not line.startswith("!")} == {"**/__pycache__"}


def test_the_steps_are_shell_and_the_entry_point_is_ours():
    assert RUN
    for script in RUN:
        subprocess.run(["sh", "-n", "-c", script], check=True)
    steps = dict(STEPS)
    assert json.loads(steps["ENTRYPOINT"]) == [*PROJECT["scripts"]]
    assert steps["USER"] not in ("root", "0")
    version = re.match(r"python:(\d+\.\d+)-", steps["FROM"])[1]
    assert f"Programming Language :: Python :: {version}" in PROJECT["classifiers"]


def test_the_packages_are_those_of_the_project(context):
    (script,) = [script for script in RUN if "tomllib" in script]
    code = re.search(r'python -c "(.*?)"', script)[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=context, check=True, capture_output=True, text=True
    )
    extras = PROJECT["optional-dependencies"]
    wanted = {*PROJECT["dependencies"], *extras["export"], *extras["monai"], "hatchling"}
    assert {*done.stdout.split()} == wanted


@pytest.mark.parametrize("build", ["cpu", ""])
def test_torch_is_the_pinned_one(build, context, tmp_path):
    """With a pip that prints what it is asked for."""
    (script,) = [script for script in RUN if "torch" in script]
    pip = tmp_path / "pip"
    pip.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    pip.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "TORCH_BUILD": build, "TORCH_INDEX": "a b"}
    assert environment.keys() - {"PATH"} == ARGUMENTS
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=context,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    *_, option, index, torch = done.stdout.splitlines()
    assert (option, index) == ("--extra-index-url", "a b")
    pin = re.search(r"^torch==.*$", (CLONE / "constraints.txt").read_text(), re.MULTILINE)[0]
    assert torch == pin + (f"+{build}" if build else "")


def test_what_is_copied_is_enough_to_build_the_wheel(context):
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "built"],
        cwd=context,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (context / "built").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"lungseg/cli.py", "lungseg/conf/train.yaml"} <= {*names}


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[:2] == ["docker", "run"]])
def test_what_the_guide_runs_in_the_image_composes(words, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    command, *settings = words[words.index("lungseg") + 1 :]
    assert command not in WITHOUT_SETTINGS
    assert main([command, *settings, "--cfg", "job", "--resolve"]) == 0, capsys.readouterr().err


def test_the_guide_gives_arguments_that_the_dockerfile_has():
    given = re.findall(r"--build-arg (\w+)=", PAGE)
    assert {*given} == ARGUMENTS
