"""``lungseg evaluate run=RUN stress=[…]``: an extra, which changes no file of the evaluation."""

import json
import logging
import re

import pandas as pd
import pytest
from omegaconf import OmegaConf

from lungseg.apps.evaluate import refuse_stress
from lungseg.cli import main
from lungseg.errors import ConfigError


@pytest.fixture
def evaluate(run, tmp_path, monkeypatch, capfd):
    """Evaluate the run; give what was printed."""
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]

    def call(*words):
        code = main(["evaluate", "run=run", *words])
        out, err = capfd.readouterr()
        assert code == 0, err
        return out

    yield call
    logging.getLogger().handlers[:] = handlers


def files_of(folder):
    return {file.relative_to(folder): file.read_bytes()
            for file in folder.rglob("*") if file.is_file()}  # fmt: skip


def test_a_stress_test_begins_with_the_runs_own_numbers_and_leaves_its_files(evaluate, run):
    before = files_of(run)
    out = evaluate("stress=noise")
    after = files_of(run)
    new = {str(file) for file in after.keys() - before.keys() if file.suffix != ".lock"}
    ours = {"stress.html"} | {f"evaluation/stress.{end}" for end in ("csv", "json", "png", "pdf")}
    assert ours <= new
    assert {name for name in new if "stress" in name} == ours
    assert {file: after[file] for file in before} == before

    table = pd.read_csv(run / "evaluation" / "stress.csv", dtype=str)
    cases = pd.read_csv(run / "evaluation" / "cases.csv", dtype=str)
    cases = cases[cases["split"] == "test"].set_index("case")
    assert len(table) == 5 * len(cases)
    own = table[table["level"] == "0"].set_index("case")
    for key in ("dsc", "hd95_mm", "msd_mm", "surface_dice_2mm", "recall"):
        assert own[key].to_dict() == cases[key].to_dict()  # to the last digit
    content = json.loads((run / "evaluation" / "stress.json").read_text())
    summary = json.loads((run / "evaluation" / "summary.json").read_text())
    for key in ("volume_dsc_mean", "hd95_mm_mean"):
        assert content["corruptions"]["noise"]["levels"][0][key] == summary["test"][key]
    assert "stress test: 5 passes over 4 test cases" in out
    assert re.search(r"noise, DSC: 0\.\d{4} at 0 HU, .* at 80 HU", out)

    page = (run / "stress.html").read_text()
    assert page.count("<figcaption>") == 5
    assert "Synthetic data" in page
    assert "4 test cases: too few" in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)  # opens with no network
    assert "Case_" not in page


def test_an_unknown_corruption_is_one_line(run, refused):
    line = refused("evaluate", "run=run", "stress=[noise,fog]")
    assert "stress: no corruption 'fog'; there are noise, blur, shift, thickness, crop" in line


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"run": "run"}, "not with run= under -m"),
        ({"predictions": {"path": "masks"}}, "needs one model, run= or ckpt="),
        ({"models": ["a", "b"]}, "needs one model, run= or ckpt="),
        ({"run": "run", "data": {"second_reader": "x"}}, "not with run= and stress="),
    ],
)
def test_what_cannot_be_stressed_is_refused(monkeypatch, settings, said):
    monkeypatch.setattr("lungseg.apps.evaluate.sweeping", lambda: True)
    nothing = {"predictions": {"path": None}, "data": {"second_reader": None}}
    others = {"run": None, "models": None} | nothing
    refuse_stress(OmegaConf.create({"stress": None} | others | settings))
    with pytest.raises(ConfigError, match=said):
        refuse_stress(OmegaConf.create({"stress": "all"} | others | settings))


@pytest.mark.slow
def test_two_processes_give_the_files_of_one(run, cli):
    made = []
    for devices in (1, 2):
        words = (f"trainer.devices={devices}", "trainer.accelerator=cpu", "report=false")
        done = cli("evaluate", f"run={run}", "stress=[noise]", *words)
        assert done.returncode == 0, done.stderr
        files = [run / "evaluation" / f"stress.{end}" for end in ("csv", "json")]
        made.append([file.read_bytes() for file in files])
        for file in files:
            file.unlink()
    assert made[0] == made[1]
