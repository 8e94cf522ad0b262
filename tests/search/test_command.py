"""The command as typed: real trainings, and what is refused before the first of them."""

import csv
import json
import logging

import pytest

from lungseg.cli import main
from lungseg.search.objective import EVALUATED
from tests.conftest import Cli

SMALL = (
    "sweep=bayes_alpha_beta", "trainer.max_epochs=2", "model.base_channels=4", "model.depth=2",
    "trainer.precision=32", "report=false", "logger=none", "optimizer=adam",
)  # fmt: skip


@pytest.fixture(scope="module")
def searched(phantom_root, server, tmp_path_factory):
    """Two trials, and two more by the same command; the last of them under a pruner."""
    folder = tmp_path_factory.mktemp("searched")
    cli = Cli(folder)
    words = (
        *("train", "-m", *SMALL, "data=lctsc", f"data.root={phantom_root}"),
        *(f"hydra.sweeper.storage={server or 'mine.journal'}", "hydra.sweeper.pruner=median"),
    )
    texts = []
    for total in (2, 3):
        done = cli(*words, f"hydra.sweeper.n_trials={total}")
        assert done.returncode == 0, done.stderr
        texts.append(done.stdout + done.stderr)
    return folder, texts


@pytest.mark.slow
def test_each_trial_is_a_run_that_says_its_value(searched):
    folder, _ = searched
    search = folder / "outputs" / "multirun" / "search" / "bayes_alpha_beta"
    found = json.loads((search / "search.json").read_text())
    assert found["completed"] == 3
    values = {}
    for number in range(3):
        run = search / str(number)
        assert json.loads((run / "status.json").read_text())["state"] == "completed"
        epoch = json.loads((run / "provenance.json").read_text())["evaluation"]["epochs"] - 1
        with (run / "metrics.csv").open() as file:
            values[number] = float(list(csv.DictReader(file))[epoch]["val/dsc"])
    (best,) = found["best"]
    assert best["values"] == [max(values.values())] == [values[best["trial"]]]
    assert best["run"] == f"outputs/multirun/search/bayes_alpha_beta/{best['trial']}"


@pytest.mark.slow
def test_the_known_objectives_are_the_numbers_that_a_run_has(searched):
    run = searched[0] / "outputs" / "multirun" / "search" / "bayes_alpha_beta" / "0"
    numbers = json.loads((run / "evaluation" / "summary.json").read_text())["val"]
    evaluated = {
        key for key, number in numbers.items() if isinstance(number, dict) and "value" in number
    }
    assert evaluated == set(EVALUATED)


@pytest.mark.slow
def test_the_second_start_went_on(searched):
    _, (first, second) = searched
    assert "0 of 2 trials finished; trial 0 starts" in first
    assert "2 of 3 trials finished; trial 2 starts" in second
    assert "trial 0 starts" not in second
    assert "lungseg compare runs=outputs/multirun/search/bayes_alpha_beta\n" in second
    assert "optuna-dashboard" in second


@pytest.mark.slow
def test_the_password_is_left_nowhere(searched):
    folder, texts = searched
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert b"geheim" not in path.read_bytes(), path
    assert all("geheim" not in text for text in texts)


REFUSED = {
    "without -m": ([], "the sweep chosen is a search: it needs -m"),
    "test": (["-m", "hydra.sweeper.objective=test/dsc"], "would choose by the test set"),
    "misspelt objective": (
        ["-m", "hydra.sweeper.objective=val/dcs"],
        "val/dcs: no run has a number of that name; did you mean val/dsc?",
    ),
    "train": (["-m", "hydra.sweeper.objective=train/dsc"], "must be a number of the validation set"),
    "no validation set": (["-m", "split=paper"], "the split has no validation set"),
    "misspelt in the space": (
        ["-m", "+hydra.sweeper.space.loss.alpah={low:0,high:1}"],
        "loss.alpah: no such setting; did you mean loss.alpha?",
    ),
    "misspelt word of a range": (
        ["-m", "hydra.sweeper.space.loss.alpha={lo:0.2,hi:0.9}"],
        "space.loss.alpha: lo: no such word in a range; did you mean low?",
    ),
    "misspelt typed": (["-m", "loss.alpah=1"], "loss.alpah: no such setting; did you mean loss.alpha?"),
    "a setting that nothing reads": (["-m", "+transforms=flip"], "transforms: nothing reads this"),
    "a setting of the search": (
        ["-m", "+hydra.sweeper.n_trial=5"],
        "hydra.sweeper.n_trial: no such setting; did you mean n_trials?",
    ),
    "whole number": (
        ["-m", "+hydra.sweeper.space.data={batch_size:{low:1,high:8}}"],
        "data.batch_size: the setting is a whole number; add type: int",
    ),
    "sampler": (["-m", "hydra.sweeper.sampler=tpee"], "no such sampler; did you mean tpe?"),
    "grid without steps": (["-m", "hydra.sweeper.sampler=grid"], "loss.alpha needs a step or choices"),
    "total": (["-m", "hydra.sweeper.n_trials=0"], "must be a whole number, 1 or more"),
    "name": (["-m", "hydra.sweeper.study_name=a/b"], "must be a word that can name a folder"),
    "direction": (
        ["-m", "hydra.sweeper.objective=val/loss"],
        "val/loss is better when it is small",
    ),
    "directions": (
        ["-m", "hydra.sweeper.objective=[val/dsc,val/loss]"],
        "1 for 2 objectives",
    ),
    "storage": (
        ["-m", "hydra.sweeper.storage=postgresql+pg8000://me:geheim@127.0.0.1:1/x"],
        "cannot be used",
    ),
    "pruner's number": (
        ["-m", "hydra.sweeper.objective=val/pr_auc", "hydra.sweeper.pruner=median"],
        "needs an objective that is logged each epoch",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line_before_the_study_is_made(case, tmp_path, monkeypatch, capfd):
    words, message = REFUSED[case]
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]
    try:
        assert main(["train", *SMALL, *words]) != 0
    finally:
        logging.getLogger().handlers[:] = handlers
    out, err = capfd.readouterr()
    (line,) = err.strip().splitlines()
    assert message in line
    assert "Traceback" not in out
    assert not list(tmp_path.rglob("*.journal"))
