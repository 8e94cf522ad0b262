"""``lungseg evaluate run=RUN``: a run once more, two processes as one."""

import io
import json
import logging
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from lungseg.cli import main
from lungseg.evaluation.thumbnails import thumbnail
from lungseg.runs.status import read_status, write_status
from tests.apps.run_files import contents
from tests.conftest import Cli

NO_REPORT = "report=false"


def differing(again, pictures):
    """Names of pictures that are not the same.

    In three dimensions, which of two dots at one depth is drawn over the other is settled by the
    last bit of a product, so single pixels may differ.
    """
    return [name for name in again if again[name] != pictures[name]
            and not (name.endswith(".png") and alike(again[name], pictures[name]))]  # fmt: skip


def alike(one, other):
    a, b = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in (one, other))
    return a.shape == b.shape and (a != b).any(axis=-1).mean() < 1e-3


def without_figures(page):
    """The text of a page; its figures are compared by their pixels."""
    return re.sub(r"data:image/(png|webp);base64,[\w+/=]+", "", page.read_text())


@pytest.mark.slow
def test_evaluating_again_gives_the_same_files(run, cli):
    before = contents(run)
    pictures = {file.name: file.read_bytes() for file in run.glob("evaluation/figures/*")}
    shutil.rmtree(run / "evaluation")
    (run / "report.html").unlink()
    write_status(run, "failed", "interrupted")  # after its training, in the evaluation
    done = cli("evaluate", f"run={run}")
    assert done.returncode == 0, done.stderr
    assert contents(run) == before
    assert read_status(run)["state"] == "completed"
    again = {file.name: file.read_bytes() for file in run.glob("evaluation/figures/*")}
    assert again.keys() == pictures.keys()
    assert differing(again, pictures) == []
    assert (run / "report.html").stat().st_size > 1_000_000


@pytest.mark.slow
def test_two_processes_give_the_files_of_one(run, cli):
    before = contents(run)
    pictures = {file.name: file.read_bytes() for file in run.glob("evaluation/figures/*")}
    page = without_figures(run / "report.html")
    shutil.rmtree(run / "evaluation")
    done = cli("evaluate", f"run={run}", "trainer.devices=2", "trainer.accelerator=cpu")
    assert done.returncode == 0, done.stderr
    assert contents(run) == before
    again = {file.name: file.read_bytes() for file in run.glob("evaluation/figures/*")}
    assert again.keys() == pictures.keys()
    assert differing(again, pictures) == []
    assert without_figures(run / "report.html") == page


def test_examples_and_pictures_show_the_slices_of_the_table(run, monkeypatch, tmp_path):
    """Each example's false pixels are those counted in the pass; its picture goes by its name."""
    import lungseg.report.figures
    import lungseg.report.page

    compared, pictured = [], {}

    def draw(found, fetch):
        test = found.slices[found.slices["split"] == "test"]
        for example, row in zip(fetch(test), test.itertuples(), strict=True):
            assert (example.case, example.z) == (row.case, row.z)
            assert (example.prediction & ~example.reference).sum() == row.fp
            assert (example.reference & ~example.prediction).sum() == row.fn
            assert (example.reference & example.prediction).sum() == row.tp
            compared.append(example)
        worst = found.cases[found.cases["split"] == "test"].sort_values("hd95_mm").iloc[-1]
        assert [one.case for one in found.worst] == [
            f"{worst['case']}, reference",
            f"{worst['case']}, prediction",
        ]
        both = np.concatenate([one.distance_mm for one in found.worst])
        assert both.max() >= worst["hd95_mm"]
        return []

    def write_page(file, found, origin, figures, thumbnails):
        pictured.update(thumbnails)

    monkeypatch.setattr(lungseg.report.figures, "draw", draw)
    monkeypatch.setattr(lungseg.report.page, "write_page", write_page)
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]
    assert main(["evaluate", f"run={run}"]) == 0
    logging.getLogger().handlers[:] = handlers
    assert len(compared) > 40
    for example in compared:
        picture = thumbnail(example.image, example.reference, example.prediction)
        assert pictured[example.case, example.z] == picture


@pytest.mark.slow
def test_more_processes_than_cases(trained, tmp_path):
    """One test case for two processes, as in leave-one-out."""
    cli, file = Cli(tmp_path), trained.run / "checkpoints" / "last.ckpt"
    tables = []
    for devices in (1, 2):
        done = cli(
            *("evaluate", f"ckpt={file}", "data=phantom", "data.seed=5", "data.n_cases=1"),
            *("data.size=32", "data.n_slices=12", NO_REPORT, f"hydra.run.dir={devices}"),
            *(f"trainer.devices={devices}", "trainer.accelerator=cpu"),
        )
        assert done.returncode == 0, done.stderr
        tables.append(contents(tmp_path / str(devices)))
    assert tables[0] == tables[1]


@pytest.mark.slow
def test_a_run_without_provenance(run, cli):
    (run / "provenance.json").unlink()
    done = cli("evaluate", f"run={run}")
    assert done.returncode == 0, done.stderr
    made_by = json.loads((run / "provenance.json").read_text())["evaluation"]
    assert (made_by["file"], made_by["epochs"], made_by["threshold"]) == ("last.ckpt", 2, 0.5)
