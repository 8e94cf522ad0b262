"""Cases that differ in size, by the commands: train, evaluate, compare."""

import base64
import csv
import io
import json
import logging
import re
import shutil

import pytest
from PIL import Image

from lungseg.cli import main
from lungseg.phantom.cases import make_case
from lungseg.phantom.files import write_case
from tests.conftest import MIXED_SIZES


@pytest.fixture
def command(tmp_path, monkeypatch, capfd):
    """Run a command in this process; what it printed."""
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        logging.getLogger().handlers[:] = handlers
        out, err = capfd.readouterr()
        assert code == 0, err
        assert "Warning" not in out + err
        return out

    return run


def alone(root, case, folder):
    """The source of one case of another source."""
    shutil.copytree(root / "Images" / case, folder / "Images" / case)
    (folder / "Segmentations").mkdir()
    shutil.copy(root / "Segmentations" / f"{case}_seg.npz", folder / "Segmentations")
    return folder


def counts(run, case):
    with (run / "evaluation" / "slices.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["case"] == case]


def train(command, root, name, *overrides):
    command(
        *("train", "data=lctsc", f"data.root={root}", "split=explicit", "logger=none"),
        *("trainer.max_epochs=1", "optimizer=adam", f"hydra.run.dir={name}", *overrides),
    )


def check(command, root, folder, sizes, tested, other, report):
    """Train two networks, evaluate cases alone, and compare."""
    names = [f"Case_{k:03}" for k in tested]
    split = f"split.test=[{','.join(names)}]"
    train(command, root, "unet", split, f"report={report}")
    train(command, root, "other", split, other, "report=false")
    for k, name in zip(tested, names, strict=True):
        source = alone(root, name, folder / f"only_{name}")
        run = folder / f"alone_{name}"
        command(
            *("evaluate", "ckpt=unet/checkpoints/last.ckpt", "data=lctsc", "report=false"),
            *(f"data.root={source}", f"hydra.run.dir={run}"),
        )
        rows = counts(run, name)
        assert rows == counts(folder / "unet", name)
        pixels = {sum(int(row[key]) for key in ("tp", "fp", "fn", "tn")) for row in rows}
        assert pixels == {sizes[k] ** 2}
    command("compare", "runs=[unet,other]", "output=compared")
    compared = json.loads((folder / "compared" / "compare.json").read_text())
    (pair,) = compared["pairs"]
    assert pair["n_cases"] == len(tested)


def test_small_ones(command, mixed_sizes_root, tmp_path):
    assert [MIXED_SIZES[k] for k in (1, 6)] == [60, 50]
    check(
        command,
        mixed_sizes_root,
        tmp_path,
        MIXED_SIZES,
        (1, 6),
        other="model.depth=4",
        report=False,
    )


@pytest.mark.slow
def test_real_sizes(command, tmp_path):
    sizes = (512, 500, 100, 61) * 2
    for index, size in enumerate(sizes):
        write_case(make_case(index, size=size, n_slices=12), tmp_path / "source", index)
    check(
        command,
        tmp_path / "source",
        tmp_path,
        sizes,
        (0, 1, 2, 3),
        other="model=monai_unet",
        report=True,
    )
    page = (tmp_path / "unet" / "report.html").read_text()
    pictures = re.findall(r"data:image/jpeg;base64,([^\"]+)", page)
    widths = {Image.open(io.BytesIO(base64.b64decode(picture))).width for picture in pictures}
    # Every fourth pixel of the large ones, and each of the smallest twice.
    assert widths == {128, 125, 100, 122}
