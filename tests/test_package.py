"""The wheel works away from the clone, and the README's commands mean something."""

import os
import re
import shlex
import subprocess
import sys
import zipfile

import pytest
import yaml

from lungseg.cli import WITHOUT_SETTINGS, main
from tests.conftest import CLONE

PAGES = [CLONE / "README.md", *sorted((CLONE / "docs").glob("*.md"))]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel's contents in a folder of their own."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=CLONE,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_finds_its_groups_from_any_folder(installed, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(installed)}
    for code in (
        "import lungseg; print(lungseg.__file__)",
        "from lungseg.config import conf_dir; print(conf_dir())",
    ):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.stdout.startswith(str(installed)), done.stderr
    done = subprocess.run(
        [sys.executable, "-m", "lungseg", "prepare", "data.size=32", "data.n_slices=12"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "12 cases in outputs/prepared/phantom-" in done.stdout


def test_the_wheel_holds_every_group(installed):
    here = {str(file.relative_to(CLONE / "conf")) for file in (CLONE / "conf").rglob("*.yaml")}
    conf = installed / "lungseg" / "conf"
    assert {str(file.relative_to(conf)) for file in conf.rglob("*.yaml")} == here


def shown_commands():
    for page in PAGES:
        for block in re.findall(r"```bash\n(.*?)```", page.read_text(), re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip():
                    yield page, line
        for line in re.findall(r"^\|.* \| `(lungseg [^`]+)` \|$", page.read_text(), re.MULTILINE):
            yield page, line


OF_OTHER_TOOLS = {
    "docker.md": "tests/test_dockerfile.py",
    "fair_comparison.md": "benchmarks/nnunet.py",
    "paper.md": "LaTeX",
}
"""Pages with commands of other programs, and what runs those."""
LUNGSEG = [line for _, line in shown_commands() if line.startswith("lungseg")]
OTHERS = {
    shlex.split(line, comments=True)[0]
    for page, line in shown_commands()
    if page.name not in OF_OTHER_TOOLS
} - {"lungseg"}


@pytest.mark.parametrize("line", LUNGSEG)
def test_every_shown_command_composes(line, capsys, monkeypatch, tmp_path):
    """Settings, options and groups in it exist. That such commands also run is shown elsewhere."""
    monkeypatch.chdir(tmp_path)
    _, command, *words = shlex.split(line, comments=True)
    if "--help" in words or command in WITHOUT_SETTINGS:
        assert main([command, *words]) == 0
        return
    for word in words:
        if word.startswith("resume="):  # a run that was made with the defaults
            run = tmp_path / word.partition("=")[2]
            for file, text in (("checkpoints/last.ckpt", ""), (".hydra/overrides.yaml", "[]")):
                (run / file).parent.mkdir(parents=True)
                (run / file).write_text(text)
    if "-m" in words:
        # One value of each sweep.
        words = [re.sub(r"interval\((.*),.*\)", r"\1", word) for word in words if word != "-m"]
        words = [word.split(",")[0] for word in words]
    assert main([command, *words, "--cfg", "job", "--resolve"]) == 0, capsys.readouterr().err


def test_only_commands_that_something_runs_are_shown():
    """make: .ci/run runs these targets. wandb: leet is run by the tests of training."""
    assert {"make", "wandb"} == OTHERS
    ci = (CLONE / ".ci" / "run").read_text()
    for _, line in shown_commands():
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            assert f"make {words[1]}" in ci


@pytest.mark.slow
def test_the_readmes_model_can_be_added_by_yaml_alone(tmp_path):
    (block,) = re.findall(r"```yaml\n(.*?)```", (CLONE / "README.md").read_text(), re.DOTALL)
    folder = tmp_path / "mine" / "model"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(block)
    assert yaml.safe_load(block)["_target_"].startswith("monai.")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "lungseg", "train", "--config-dir", str(folder.parent)),
            *("model=mine", "data.size=32", "data.n_slices=12", "logger=none"),
            *("trainer=debug", "intensity=full", "loss=dice", "report=false"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "run folder" in done.stdout


def test_every_option_of_every_group_can_be_chosen(capsys):
    for group in sorted(path for path in (CLONE / "conf").iterdir() if path.is_dir()):
        for option in sorted(group.glob("*.yaml")):
            choice = (
                f"{group.name}=[{option.stem}]"
                if group.name == "callbacks"
                else (f"{group.name}={option.stem}")
            )
            assert main(["train", choice, "--cfg", "job"]) == 0, capsys.readouterr().err
