"""The index of a sweep: one row per job, with what differs between them."""

import csv
import json

import pytest

from lungseg.sweeps.index import FILE, HEADLINE, differing, print_index, rows, write_index


@pytest.fixture
def sweep(tmp_path):
    """A job that completed, one that failed, one that has just begun, and other folders."""
    for job, text in enumerate(("[a=1, data.root=x, b=2]", "[a=1, +b=3, data.root=y]")):
        (tmp_path / str(job) / ".hydra").mkdir(parents=True)
        (tmp_path / str(job) / ".hydra" / "overrides.yaml").write_text(text)
    (tmp_path / "10" / ".hydra").mkdir(parents=True)
    (tmp_path / "figures").mkdir()
    (tmp_path / "2").mkdir()
    numbers = {key: {"value": 0.25, "n": 3} for key in HEADLINE}
    (tmp_path / "0" / "evaluation").mkdir()
    (tmp_path / "0" / "evaluation" / "summary.json").write_text(json.dumps({"test": numbers}))
    (tmp_path / "0" / "status.json").write_text('{"state": "completed", "error": null}')
    (tmp_path / "1" / "status.json").write_text('{"state": "failed", "error": "too [bold]"}')
    return tmp_path


def test_rows(sweep):
    first, second, third = rows(sweep)
    assert [row["job"] for row in (first, second, third)] == [0, 1, 10]
    assert [row["state"] for row in (first, second, third)] == ["completed", "failed", "running"]
    assert first["settings"] == {"a": "1", "b": "2"}  # no path of the source
    assert first["test/dsc_mean_nonempty"] == 0.25
    assert third["settings"] == {}


def test_jobs_whose_folders_have_no_number(sweep):
    (sweep / "a" / "b" / "c").mkdir(parents=True)
    (sweep / "a" / "b" / "status.json").write_text('{"state": "failed", "error": "x"}')
    assert [row["job"] for row in rows(sweep)] == [0, 1, 10, "a/b"]


def test_differing(sweep):
    assert differing(rows(sweep)[:2]) == ["b", "+b"]
    assert differing([]) == []


def test_the_file(sweep):
    write_index(sweep)
    with (sweep / FILE).open() as file:
        table = list(csv.DictReader(file))
    assert [row["job"] for row in table] == ["0", "1", "10"]
    assert table[1]["error"] == "too [bold]"
    assert table[0]["test/pr_auc"] == "0.25"
    assert table[2]["test/pr_auc"] == ""


def test_the_screen(sweep, capsys):
    print_index(sweep)
    out = capsys.readouterr().out
    assert "job 1 failed: too [bold]" in out
    assert "3 runs: 1 completed, 1 failed, 1 running" in out
    assert "0.2500" in out
