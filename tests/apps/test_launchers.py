"""Jobs of a sweep in processes of their own, by the launchers in their local form."""

import csv
import json
import os
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.slow

LAUNCHERS = {
    "joblib": "hydra_plugins.hydra_joblib_launcher",
    "submitit_local": "hydra_plugins.hydra_submitit_launcher",
    "ray": "ray",
}


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_one_job_completes_and_the_one_that_fails_is_told(launcher, phantom_root, cli, tmp_path):
    if find_spec(LAUNCHERS[launcher]) is None:
        pytest.skip("an extra")
    done = cli(
        *("train", "-m", "loss.alpha=0.3,2", f"hydra/launcher={launcher}"),
        *("data=lctsc", f"data.root={phantom_root}", "trainer.max_epochs=1"),
        *("model.base_channels=4", "model.depth=2", "trainer.accelerator=cpu"),
        *("logger=none", "report=false"),
        RAY_AUTH_MODE="disabled",  # Ray would keep a token in the home folder
    )
    assert done.returncode == 1, done.stdout
    assert "1 of 2 jobs failed" in done.stderr.splitlines()[-1]
    assert "job 1 failed: loss: alpha must be a number from 0 to 1, got 2" in done.stdout
    (sweep,) = (tmp_path / "outputs" / "multirun").glob("*/*")
    with (sweep / "sweep.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["loss.alpha"], row["state"]) for row in rows] == [
        ("0.3", "completed"), ("2", "failed"),
    ]  # fmt: skip
    assert (sweep / "0" / "evaluation" / "summary.json").is_file()
    made_by = json.loads((sweep / "0" / "provenance.json").read_text())
    assert made_by["config"]["loss"]["alpha"] == 0.3
    files = [path for path in sweep.rglob("*") if path.is_file()]
    assert not [path for path in files if os.fsencode(phantom_root) in path.read_bytes()]


@pytest.mark.skipif(find_spec(LAUNCHERS["joblib"]) is None, reason="an extra")
def test_the_first_failure_ends_a_sweep_and_is_told(phantom_root, cli):
    line = cli.refused(
        *("train", "-m", "loss.alpha=2,3", "stop_on_error=true", "hydra/launcher=joblib"),
        *("data=lctsc", f"data.root={phantom_root}", "logger=none"),
    )
    assert "failed: loss: alpha must be a number from 0 to 1, got" in line
