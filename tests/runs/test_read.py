"""Run folders, whole, unfinished, damaged and older."""

import json
import re
import shutil

import pytest
import yaml

from lungseg.errors import DataError
from lungseg.runs.find import find_runs
from lungseg.runs.read import read_run
from tests.report.fake_runs import SETS, config, write_run


def test_all_that_a_comparison_needs_is_read(tmp_path):
    settings = config(loss__alpha=0.2, seed=3)
    write_run(tmp_path / "a", settings=settings, overrides=["loss.alpha=0.2"], dsc=0.9, epochs=5)
    run = read_run(tmp_path / "a", "a")
    assert run.state == "completed"
    assert run.overrides == ("loss.alpha=0.2",)
    assert run.choices == {"model": "unet_small"}
    assert run.config["loss.alpha"] == 0.2
    assert run.config["scheduler.scheduler.max_lr"] == 0.001
    assert run.derived == {"scheduler.scheduler.max_lr": "${optimizer.lr}"}
    assert (run.seed, run.weights, run.epochs, run.threshold) == (3, "last.ckpt", 5, 0.5)
    assert run.sets == {name: tuple(cases) for name, cases in SETS.items()}
    assert run.summary["test"]["volume_dsc_mean"]["n"] == len(SETS["test"])
    assert len(run.cases) == sum(map(len, SETS.values()))
    assert len(run.history) == 5
    assert run.synthetic is False
    assert (run.git_commit, run.wandb_run_id) == ("abc123", "w1")


@pytest.mark.parametrize("state", ["failed", "running", "pruned"])
def test_a_run_that_did_not_complete_is_listed_without_numbers(tmp_path, state):
    write_run(tmp_path / "0")
    write_run(tmp_path / "1", settings=config(loss__alpha=1.5), state=state, error="the reason")
    run = find_runs([tmp_path])[1]
    assert (run.state, run.error) == (state, "the reason")
    assert run.config["loss.alpha"] == 1.5
    assert run.summary == {}


def test_an_older_run_without_state(tmp_path):
    old = write_run(tmp_path / "old", state=None)
    text = json.loads((old / "provenance.json").read_text())
    del text["evaluation"]
    (old / "provenance.json").write_text(json.dumps(text))
    write_run(tmp_path / "stopped", state=None)
    (tmp_path / "stopped" / "evaluation" / "summary.json").unlink()
    stopped, run = sorted(find_runs([tmp_path]), key=lambda run: run.state == "completed")
    assert (run.state, run.threshold, run.weights, run.synthetic) == ("completed", 0.5, None, None)
    assert stopped.state == "unfinished"
    assert "summary.json" in stopped.error


def test_a_job_that_never_began_is_listed_and_other_commands_are_none(tmp_path):
    for name, job in (("0", "train"), ("1", "train"), ("logs", "compare")):
        write_run(tmp_path / name)
        hydra = {"hydra": {"job": {"name": job}, "runtime": {"choices": {}}}}
        (tmp_path / name / ".hydra" / "hydra.yaml").write_text(yaml.safe_dump(hydra))
    for name in ("1", "logs"):
        (tmp_path / name / "train.log").write_text("a line")
        for file in (".run", "status.json", "provenance.json", "metrics.csv"):
            (tmp_path / name / file).unlink()
        shutil.rmtree(tmp_path / name / "evaluation")
    whole, never = find_runs([tmp_path])
    assert (whole.name, whole.state) == ("0", "completed")
    assert (never.name, never.state) == ("1", "never began")
    assert find_runs([tmp_path / "1"])[0].state == "never began"
    (tmp_path / "1" / ".hydra" / "hydra.yaml").write_text("hydra: [")  # killed while it was written
    assert [run.name for run in find_runs([tmp_path])] == ["0", "1"]


@pytest.mark.parametrize("reason", ["KeyboardInterrupt", "its process was killed", "interrupted"])
def test_an_interrupted_run_says_so(tmp_path, reason):
    write_run(tmp_path / "0", state="failed", error=reason)
    assert read_run(tmp_path / "0", "0").state == "interrupted"


DAMAGE = {
    "no summary": ("evaluation/summary.json", None, "summary.json is missing"),
    "half a summary": ("evaluation/summary.json", '{"test": {', "summary.json is damaged"),
    "no cases": ("evaluation/cases.csv", None, "cases.csv is missing"),
    "empty cases": ("evaluation/cases.csv", "", "cases.csv is damaged"),
    "other columns": ("evaluation/cases.csv", "a,b\n1,2\n", "lacks columns"),
    "no provenance": ("provenance.json", None, "provenance.json is missing"),
    "provenance of nothing": ("provenance.json", "{}", "lacks config"),
    "no JSON": ("status.json", "completed", "status.json is damaged"),
    "no YAML": (".hydra/config.yaml", "a: [", "config.yaml is damaged"),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_run_says_so_in_one_line_and_stops_no_other(tmp_path, what):
    name, text, message = DAMAGE[what]
    folder = write_run(tmp_path / "0")
    write_run(tmp_path / "1")
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text)
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read_run(folder, "0")
    assert "\n" not in str(caught.value)
    damaged, whole = find_runs([tmp_path])
    assert (damaged.state, whole.state) == ("damaged", "completed")
    assert message in damaged.error
