"""``lungseg evaluate run=RUN report=false`` deletes nothing that it does not make again."""

import logging

import pytest

from lungseg.cli import main


@pytest.fixture
def evaluate(run, tmp_path, monkeypatch, capfd):
    """Evaluate the run without report; give what was printed."""
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]

    def call(*words):
        code = main(["evaluate", "run=run", "report=false", *words])
        out, err = capfd.readouterr()
        assert code == 0, err
        return out

    yield call
    logging.getLogger().handlers[:] = handlers


def report_of(run):
    files = [run / "report.html", *sorted(run.glob("evaluation/figures/*"))]
    return {file.name: file.read_bytes() for file in files}


def test_a_page_of_the_same_numbers_stays(evaluate, run):
    before = report_of(run)
    assert len(before) > 20
    assert "describe other numbers" not in evaluate()
    assert report_of(run) == before
    assert not (run / "evaluation" / "earlier").exists()


def test_a_page_of_other_numbers_is_set_aside(evaluate, run):
    before = report_of(run)
    out = evaluate("metrics.threshold=0.4")
    assert "other numbers than this evaluation: they are now in run/evaluation/earlier" in out
    assert not (run / "report.html").exists()
    assert not (run / "evaluation" / "figures").exists()
    place = run / "evaluation" / "earlier"
    moved = [place / "report.html", *sorted(place.glob("figures/*"))]
    assert {file.name: file.read_bytes() for file in moved} == before
    evaluate("metrics.threshold=0.3")  # nothing is left to move
    assert [path.name for path in run.glob("evaluation/earlier*")] == ["earlier"]
