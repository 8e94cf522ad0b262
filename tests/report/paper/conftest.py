"""Packs of made-up runs, written once."""

import logging
from pathlib import Path

import pytest

from lungseg.report.paper import study as studies
from lungseg.report.paper.pack import write_pack
from lungseg.report.paper.study import read_study
from tests.report.paper.packs import checkpoint, cohort, write_pool, write_run

logging.getLogger("matplotlib").setLevel(logging.WARNING)


@pytest.fixture
def known_cohort(monkeypatch):
    """The prepared cases are there, wherever they are looked for."""
    monkeypatch.setattr(studies, "open_cohort", lambda _: cohort())


@pytest.fixture(scope="session")
def packs(tmp_path_factory):
    """Folders of the runs, and packs: of one run, of two that differ, of a pool, of a bare run."""
    place = tmp_path_factory.mktemp("packs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studies, "open_cohort", lambda _: cohort())
        first = write_run(place / "first", "experiment=strong", left_out=["Case_099"])
        checkpoint(first)
        second = write_run(place / "second", "experiment=strong", "seed=7", "loss.alpha=0.25",
                           left_out=["Case_099"])  # fmt: skip
        figures = first / "evaluation" / "figures"
        figures.mkdir()
        _draw(figures / "fig02_histograms.pdf")
        pool = write_pool(place / "pool")
        bare = write_run(place / "bare", hardware=None, devices=None, n_parameters=None,
                         failed_cases={})  # fmt: skip
        for name, folders, store in (
            ("one", [first], "store"), ("two", [first, second], "store"),
            ("pooled", [pool], "store"), ("older", [bare], None),
        ):  # fmt: skip
            write_pack(read_study(folders, store), place / "packs" / name)
    return place


def _draw(file: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1))
    figure.add_subplot().plot([1, 2])
    figure.savefig(file)
