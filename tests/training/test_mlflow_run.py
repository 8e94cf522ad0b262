"""Runs in a local store of MLflow, read by its own client."""

import getpass
import random

import pytest

pytest.importorskip("mlflow")

from lungseg.errors import ConfigError
from lungseg.training.mlflow_run import start_run

RECORDED = {"loss": {"alpha": 0.3}, "trainer": {"max_epochs": 2}, "split": {"train": ["x"] * 500}}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture
def client(outputs):
    from mlflow.tracking import MlflowClient

    return MlflowClient(f"sqlite:///{outputs}/mlflow.db")


def log(run, epochs, seconds):
    for epoch in range(epochs):
        run.log_metrics({"epoch": epoch, "loss": epoch / 3, "seconds": seconds}, step=epoch)


def points(client, run_id, name):
    return [(point.step, point.value) for point in client.get_metric_history(run_id, name)]


def test_a_resumed_run_goes_on_in_the_same_run(outputs, client):
    summary = {
        "test": {"recall": {"value": 0.25, "n": 3, "ci95": [0.1, 0.5]}, "subgroups": {"a": 1}}
    }
    random.seed(0)
    before = random.getstate()
    run = start_run(outputs=outputs, recorded=RECORDED)
    assert random.getstate() == before  # a name drawn from them would change the training
    run_id = run.noted()["mlflow_run_id"]
    log(run, 2, seconds=1.5)
    run.finalize("success")  # by Lightning, before the evaluation
    assert client.get_run(run_id).info.status == "RUNNING"
    run.log_summary(summary, 1)
    run.finish()
    assert client.get_run(run_id).info.status == "FINISHED"

    longer = RECORDED | {"trainer": {"max_epochs": 3}}
    run = start_run(outputs=outputs, recorded=longer, resumes=run_id)
    assert client.get_run(run_id).info.status == "RUNNING"
    assert run.noted() == {"mlflow_run_id": run_id}
    log(run, 3, seconds=2.5)
    run.log_summary(summary, 2)
    run.finish(exit_code=1)
    made = client.get_run(run_id)
    assert made.info.status == "FAILED"
    assert points(client, run_id, "loss") == [(0, 0), (1, 1 / 3), (2, 2 / 3)]
    assert points(client, run_id, "seconds") == [(0, 1.5), (1, 1.5), (2, 2.5)]
    assert points(client, run_id, "evaluation/test/recall/ci95/low") == [(1, 0.1), (2, 0.1)]
    assert made.data.params["loss.alpha"] == "0.3"
    assert (made.data.params["trainer.max_epochs"], made.data.tags["trainer.max_epochs"]) == (
        "2",
        "3",
    )
    assert len(made.data.params["split.train"]) == 250
    folder = outputs / "mlruns" / run_id / "artifacts"
    assert (folder / "config.yaml").read_text().count("- x") == 500

    # Resumed once more without another epoch: the evaluation stands there already.
    run = start_run(outputs=outputs, recorded=longer, resumes=run_id)
    run.log_summary(summary, 2)
    run.finish()
    assert points(client, run_id, "evaluation/test/recall") == [(1, 0.25), (2, 0.25)]


def test_a_run_that_the_store_has_not_is_a_new_one(outputs, client):
    run = start_run(outputs=outputs, recorded=RECORDED, resumes="0" * 32, experiment_name="other")
    run.finish()
    made = client.get_run(run.noted()["mlflow_run_id"])
    assert client.get_experiment(made.info.experiment_id).name == "other"


def test_nothing_tells_who_ran_it_and_where(outputs, client, monkeypatch):
    monkeypatch.setenv("LOGNAME", "quasimodo")
    assert getpass.getuser() == "quasimodo"
    run = start_run(outputs=outputs, recorded=RECORDED, tags={"owner": "us"}, run_name="first")
    run.finish()
    made = client.get_run(run.noted()["mlflow_run_id"])
    assert made.data.tags == {
        "mlflow.runName": "first", "mlflow.source.name": "lungseg train", "owner": "us"
    }  # fmt: skip
    assert b"quasimodo" not in (outputs / "mlflow.db").read_bytes()


def test_a_store_that_cannot_be_opened_is_one_line(tmp_path):
    (tmp_path / "mlflow.db").write_text("no database, but long enough to be looked at by SQLite")
    with pytest.raises(ConfigError, match=r"^logger.mlflow: the store cannot be used: [^\n]+$"):
        start_run(outputs=tmp_path, recorded=RECORDED)


def test_a_store_that_fails_for_a_while_costs_no_training(outputs, client, monkeypatch, caplog):
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    run = start_run(outputs=outputs, recorded=RECORDED)
    run_id = run.noted()["mlflow_run_id"]
    run.log_metrics({"loss": 3.0}, step=0)

    def fail(*_, **__):
        raise MlflowException("no answer\nfrom HOST")

    with monkeypatch.context() as patch:
        for name in ("log_batch", "log_dict", "log_artifact"):
            patch.setattr(MlflowClient, name, fail)
        run.log_metrics({"loss": 2.0}, step=1)
        run.log_metrics({"loss": 1.0}, step=2)
        run.log_curve("evaluation/pr_curve", outputs / "pr_curve.csv", 2)
        run.log_summary({"test": {"recall": {"value": 0.25, "n": 3}}}, 2)
    (said,) = [record.message for record in caplog.records]
    assert said.startswith("logger.mlflow: the store fails: no answer")
    assert "\n" not in said
    assert points(client, run_id, "loss") == [(0, 3.0)]
    run.finish()
    assert points(client, run_id, "loss") == [(0, 3.0), (1, 2.0), (2, 1.0)]
    assert points(client, run_id, "evaluation/test/recall") == [(2, 0.25)]
    assert client.get_run(run_id).info.status == "FINISHED"
