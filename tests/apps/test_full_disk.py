"""Every command on a full disk: one line, nothing half-written, and the next start goes on."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CLONE, Cli

pytestmark = pytest.mark.slow
MOMENTS = int(os.environ.get("LUNGSEG_DISK_MOMENTS", "3"))
"""How full the disk is, from almost nothing to almost enough; ten take ten minutes."""
STATES = ("status.json", "predictions.html")
"""Files that say how far a command came."""
SOURCE = (
    *("data=phantom", "data.n_cases=6", "data.size=32", "data.n_slices=12", "data.root=cases"),
    "data.store=store",
)
TRAINING = (
    *("model.depth=1", "model.base_channels=4", "logger=none", "report=false"),
    "trainer.max_epochs=4",
)
COMMANDS = {
    "prepare": (*SOURCE, "data.store=new"),
    "train": (*SOURCE, *TRAINING, "trainer.max_epochs=1"),
    "evaluate": ("run=runs/0",),
    "predict": ("model=runs/0", "input=cases/Images/Case_000", "output=masks", "formats=[nifti]"),
    "compare": ("runs=runs", "output=compared"),
    "pool": ("runs=runs", "output=pooled"),
    "export": ("run=runs/0", "output=model.onnx"),
    "paper": ("runs=runs/0", "output=pack"),
    "plan": ("runs=runs", "output=plan"),
    "preview": (*SOURCE, "augment=light"),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Two folds of a cross-validation, of which nothing was evaluated again or compared."""
    if subprocess.run(["unshare", "-Urm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs a namespace of its own to mount a small file system (unshare -Urm)")
    folder = tmp_path_factory.mktemp("template")
    folds = ("split=kfold", "split.k=2", "split.fold=0,1", "hydra.sweep.dir=runs")
    done = Cli(folder)("train", "-m", *SOURCE, *TRAINING, *folds)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(folder / "outputs", ignore_errors=True)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_fills_up(command, template):
    words = [str(template), str(MOMENTS), command, *COMMANDS[command]]
    done = subprocess.run(
        ["unshare", "-Urm", sys.executable, "-m", "tests.full_disk", *words],
        capture_output=True,
        text=True,
        cwd=CLONE,
        env=os.environ | {"PYTHONPATH": str(CLONE)},
        check=True,
    )
    whole, *filled, last = map(json.loads, done.stdout.splitlines())
    assert len(filled) == MOMENTS
    assert whole["code"] == last["code"] == 0, (whole["err"], last["err"])
    assert filled[0]["code"] == 1
    # What is the same whenever it is written.
    same = {name for name, digest in whole["files"].items() if last["files"].get(name) == digest}
    made = {_place(name) for name in whole["files"]}
    for one in filled:
        if one["code"]:
            (line,) = one["err"].strip().splitlines()
            assert line.startswith(f"lungseg {command}: error: ")
            assert "No space left on device" in line
        assert one["broken"] == []
        # All names at once: whether tables differ, or a picture alone, says where to look.
        assert not {
            name
            for name in same & one["files"].keys()
            if Path(name).name not in STATES
            and one["files"][name] not in (whole["files"][name], _before(template, name))
        }
    left = {_place(name) for name in last["files"]}
    assert made <= left
    assert not [name for name in left if ".part" in name]


def _place(name):
    """A file of a run without the time in the name of its folder."""
    return "/".join(part for part in Path(name).parts if not re.fullmatch(r"\d[\d_-]+", part))


def _before(template, name):
    file = template / name
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None
