"""Runs with several trackers at once: each store, read by its own reader, equals metrics.csv."""

import csv
import json
import logging
import shutil
import struct
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest
import wandb
import yaml

pytest.importorskip("mlflow")
pytest.importorskip("tensorboard")

from lungseg.cli import main
from tests.apps.run_files import wandb_records
from tests.conftest import Cli

TINY = (
    "model.base_channels=2", "model.depth=1", "trainer.accelerator=cpu", "report=false",
    "data.cache_gib=1",
)  # fmt: skip
USER = "Quasimodo"
HOST = "notre-dame"  # the machine's own name may be so short that any file has it
DEAD = "http://127.0.0.1:9"  # no proxy listens there


@pytest.fixture(scope="module")
def workplace(phantom_root, tmp_path_factory):
    """A run of one epoch with three trackers, resumed for another."""
    folder = tmp_path_factory.mktemp("trackers")
    shutil.copytree(phantom_root, folder / "hospital")
    first = ("data=lctsc", f"data.root={folder}/hospital", *TINY, "trainer.max_epochs=1",
             "logger=[wandb,mlflow,tensorboard]", "hydra.run.dir=outputs/run")  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("LOGNAME", "USER"):
            patch.setenv(name, USER)
        patch.setattr("socket.gethostname", lambda: HOST)
        patch.setattr("platform.node", lambda: HOST)
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.setenv(name, DEAD)
        handlers = logging.getLogger().handlers[:]
        for words in (first, ("resume=outputs/run", "trainer.max_epochs=2")):
            out, err = StringIO(), StringIO()
            # In this process, which imports MLflow for reading too.
            with redirect_stdout(out), redirect_stderr(err):
                code = main(["train", *words])
            assert code == 0, err.getvalue()
            assert "Warning" not in err.getvalue()
        logging.getLogger().handlers[:] = handlers
    (folder / "screen.txt").write_text(out.getvalue())
    yield folder
    wandb.teardown()  # its service works on in the folder of this test


@pytest.fixture(scope="module")
def rows(workplace):
    """Columns of metrics.csv: a number per epoch."""
    with (workplace / "outputs/run/metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert {"epoch", "train/loss", "test/dsc", "lr", "epoch_seconds"} <= {*rows[0]}
    return {name: [(k, float(row[name])) for k, row in enumerate(rows)] for name in rows[0]}


@pytest.fixture(scope="module")
def made_by(workplace):
    return json.loads((workplace / "outputs/run/provenance.json").read_text())


@pytest.fixture(scope="module")
def recall(workplace):
    summary = json.loads((workplace / "outputs/run/evaluation/summary.json").read_text())
    return summary["test"]["recall"]["value"]


@pytest.fixture(scope="module")
def client(workplace):
    from mlflow.tracking import MlflowClient

    return MlflowClient(f"sqlite:///{workplace}/outputs/mlflow.db")


def test_tensorboard(workplace, rows, recall):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = workplace / "outputs" / "run" / "tensorboard"
    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0}).Reload()

    def points(name):
        return [(event.step, event.value) for event in reader.Scalars(name)]

    def single(value):  # as TensorBoard keeps a number, in four bytes
        return struct.unpack("f", struct.pack("f", value))[0]

    for name, series in rows.items():
        assert points(name) == [(k, single(value)) for k, value in series], name
    assert points("evaluation/test/recall") == [(1, single(recall))]
    pictures = [name for name in reader.Tags()["images"] if name.startswith("test/overlays/")]
    assert len(pictures) == 8
    assert all(name.endswith("_synthetic") for name in pictures)
    settings = yaml.safe_load((folder / "hparams.yaml").read_text())
    assert settings["trainer.max_epochs"] == 2


def test_mlflow(workplace, rows, made_by, recall, client):
    (experiment,) = [one for one in client.search_experiments() if one.name == "lungseg"]
    (run,) = client.search_runs([experiment.experiment_id])
    run_id = run.info.run_id
    assert run_id == made_by["mlflow_run_id"]
    assert run.info.status == "FINISHED"

    def points(name):
        return [(point.step, point.value) for point in client.get_metric_history(run_id, name)]

    for name, series in rows.items():
        assert points(name) == series, name
    assert points("evaluation/test/recall")[-1] == (1, recall)
    assert run.data.params["loss.alpha"] == str(made_by["config"]["loss"]["alpha"])
    assert run.data.tags["trainer.max_epochs"] == "2"
    assert len(client.list_artifacts(run_id, "test/overlays")) == 8
    stored = {file.path for file in client.list_artifacts(run_id, "evaluation")}
    assert stored == {"evaluation/pr_curve.csv", "evaluation/summary.json"}


def test_wandb(workplace, rows, made_by, recall):
    (folder,) = (workplace / "outputs/wandb").glob(f"offline-run-*-{made_by['wandb_run_id']}")
    records = wandb_records(folder)
    history = [one["history"]["item"] for one in records if one["type"] == "history"]
    for name, series in rows.items():
        seen = [(row["epoch"], row[name]) for row in history if name in row and "lr" in row]
        assert seen == series, name
    summary = {}
    for one in records:
        summary |= one["summary"]["update"] if one["type"] == "summary" else {}
    assert summary["evaluation/test/recall"] == recall


@pytest.mark.slow
def test_a_sweep_is_an_experiment_of_its_own(workplace, client):
    source = ("data=lctsc", f"data.root={workplace}/hospital", *TINY, "trainer.max_epochs=1")
    done = Cli(workplace)("train", "-m", "seed=1,2", "logger=mlflow", *source)
    assert done.returncode == 0, done.stderr
    assert "mlflow ui" not in done.stdout
    (experiment,) = [one for one in client.search_experiments() if one.name.startswith("lungseg ")]
    (sweep,) = (workplace / "outputs" / "multirun").glob("*/*")
    assert experiment.name == f"lungseg {sweep.parent.name}_{sweep.name}"
    runs = client.search_runs([experiment.experiment_id])
    assert {run.info.run_name for run in runs} == {"0: seed=1", "1: seed=2"}
    assert {run.data.tags["job_type"] for run in runs} == {"sweep"}
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_what_shows_the_curves_is_said(workplace):
    shown = (workplace / "screen.txt").read_text()
    for command in (
        "wandb leet outputs/wandb",
        "tensorboard --logdir outputs",
        "mlflow ui --backend-store-uri sqlite:///outputs/mlflow.db",
    ):
        assert command in shown


def test_nothing_that_identifies_is_in_a_store(workplace):
    needles = [f"{workplace}/hospital".encode(), USER.encode(), HOST.encode()]
    outputs = workplace / "outputs"
    files = [outputs / "mlflow.db"]
    for folder in ("mlruns", "run/tensorboard"):
        files += [file for file in (outputs / folder).rglob("*") if file.is_file()]
    assert len(files) > 12
    for file in files:
        content = bytes(file) + file.read_bytes()
        assert [needle for needle in needles if needle in content] == [], file


@pytest.mark.parametrize("name", ["mlflow", "tensorboard"])
def test_a_package_that_is_missing(name, refused, monkeypatch):
    monkeypatch.setattr("lungseg.apps.checks.find_spec", lambda package: None)
    line = refused("train", f"logger={name}", "data.n_cases=12")
    assert f"logger.{name}: lungseg.training.{name}_run.start_run needs the package" in line
    assert f"pip install 'lungseg[{name}]'" in line


def test_an_address_that_is_none(refused):
    line = refused("train", "logger=[wandb,mlflow]", "logger.mlflow.tracking_uri=mlruns")
    assert "logger.mlflow: tracking_uri must be the address of a server or of a database" in line
