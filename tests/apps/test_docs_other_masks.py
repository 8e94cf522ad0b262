"""docs/other_masks.md: commands that evaluate masks run as they are typed, others are composed."""

import csv
import json
import logging
import re
import shlex

import numpy as np
import pytest

from lungseg.cli import main
from lungseg.data.cohort import open_cohort
from lungseg.data.store import open_arrays
from tests.conftest import CLONE

TEXT = (CLONE / "docs" / "other_masks.md").read_text()
LINES = [
    shlex.split(line, comments=True)[1:]
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def place(phantom_root, tmp_path_factory):
    """A folder with what the page's commands name."""
    folder = tmp_path_factory.mktemp("docs")
    store = folder / "store"
    handlers = logging.getLogger().handlers[:]
    words = (f"data.root={phantom_root}", f"data.store={store}", f"outputs={folder / 'outputs'}")
    assert main(["prepare", "data=lctsc", *words]) == 0
    logging.getLogger().handlers[:] = handlers
    (folder / "masks").mkdir()
    names = open_cohort(store).names
    for name in names:
        np.savez(folder / "masks" / f"{name}.npz", mask=open_arrays(store, name)[1][:])
    (folder / "RUN").mkdir()
    sets = {"train": names[1:], "test": names[:1]}
    (folder / "RUN" / "split.json").write_text(json.dumps({"sets": sets}))
    return folder


def test_there_are_commands():
    assert [words[0] for words in LINES] == ["evaluate"] * 5 + ["compare", "train", "evaluate"]


@pytest.mark.parametrize("k", range(len(LINES)), ids=lambda k: " ".join(LINES[k]))
def test_command(k, place, monkeypatch, capfd):
    monkeypatch.chdir(place)
    handlers = logging.getLogger().handlers[:]
    words = list(LINES[k])
    evaluates = words[:2] == ["evaluate", "predictions=masks"]
    if evaluates:
        words[words.index("data.root=DIR")] = "data.store=store"
        words += ["report=false", f"hydra.run.dir=run{k}"]
    else:
        words += ["--cfg", "job"]
    assert main(words) == 0, capfd.readouterr().err
    logging.getLogger().handlers[:] = handlers
    if evaluates:
        with (place / f"run{k}" / "evaluation" / "cases.csv").open() as file:
            scores = [row["dsc"] for row in csv.DictReader(file)]
        assert scores == ["1.0"] * (1 if "split=file" in words else 12)
