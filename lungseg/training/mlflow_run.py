"""One MLflow run per training, in a local store unless a server is named."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import MLFlowLogger

from lungseg.arguments.training import check_mlflow
from lungseg.config import flatten
from lungseg.errors import ConfigError
from lungseg.training.tracker import Overlay, Tracker, scalars

log = logging.getLogger(__name__)

STORE, ARTIFACTS = "mlflow.db", "mlruns"
"""Below the folder of results, by MLflow's own names: ``mlflow ui`` finds both there."""
EXPERIMENT = "lungseg"
SERVERS = ("http:", "https:", "databricks")
"""What addresses begin with where the other side decides where files lie."""
LONGEST = 250
"""Characters of a setting's value that MLFlowLogger keeps; all of it is in ``config.yaml``."""


class MlflowRun(MLFlowLogger, Tracker):
    """Passes one row per epoch to an MLflow run that is open, for the first time or again.

    A store that fails while the run trains costs no training: rows wait until it answers again, and
    the first failure is reported.

    Args:
        tracking_uri: Address of the store.
        run_id: Of the run.
    """

    def __init__(self, tracking_uri: str, run_id: str) -> None:
        super().__init__(tracking_uri=tracking_uri, run_id=run_id)
        self._client = self.experiment
        self._id = run_id
        self._waiting: list[tuple[Mapping[str, float], int | None]] = []
        self._failing = False
        run = self._client.get_run(run_id)
        self._latest = dict(run.data.metrics)
        self._params = dict(run.data.params)
        epochs = self._client.get_metric_history(run_id, "epoch") if "epoch" in self._latest else ()
        self._epochs = {point.step for point in epochs}

    def noted(self) -> dict[str, str]:
        """The run's id, by which a resumed training finds it."""
        return {"mlflow_run_id": self._id}

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log one row, unless the run has that epoch from before a resume."""
        if step not in self._epochs:
            self._send(metrics, step)

    def log_config(self, recorded: dict[str, Any]) -> None:
        """Log the configuration; what differs since the first start becomes a tag.

        MLflow never changes a parameter.
        """
        flat = {key: str(value)[:LONGEST] for key, value in flatten(recorded).items()}
        self.log_hyperparams({key: flat[key] for key in flat if key not in self._params})
        for key, value in flat.items():
            if self._params.get(key, value) != value:
                self._client.set_tag(self._id, key, value)
        self._client.log_dict(self._id, recorded, "config.yaml")

    def log_overlays(self, name: str, overlays: Sequence[Overlay], epoch: int) -> None:
        """Store each slice as a picture with outlines."""
        with self._outlasted():
            for overlay in overlays:
                file = f"{name}/{overlay.file_name()}.png"
                self._client.log_image(self._id, overlay.picture(), file)

    def log_picture(self, name: str, file: Path, epoch: int) -> None:
        """Store a picture."""
        with self._outlasted():
            self._client.log_artifact(self._id, str(file), os.path.dirname(name))

    def log_curve(self, name: str, file: Path, epoch: int) -> None:
        """Store the table of the curve: MLflow draws none."""
        self.log_picture(name, file, epoch)

    def log_summary(self, summary: dict[str, dict[str, Any]], epoch: int) -> None:
        """Log the numbers that this epoch does not have yet, and store the whole summary."""
        known = self._latest if epoch in self._epochs else {}
        numbers = scalars(summary)
        new = {key: value for key, value in numbers.items() if known.get(key) != value}
        self._send(new, epoch)
        with self._outlasted():
            self._client.log_dict(self._id, summary, "evaluation/summary.json")

    def finalize(self, status: str = "success") -> None:
        """Lightning calls this after the last epoch; the evaluation is still to come."""

    def finish(self, exit_code: int = 0) -> None:
        """Close the run; rows that still wait are sent first."""
        self._send_waiting()
        self._client.set_terminated(self._id, "FAILED" if exit_code else "FINISHED")

    def _send(self, metrics: Mapping[str, float], step: int | None) -> None:
        self._waiting.append((metrics, step))
        self._send_waiting()

    def _send_waiting(self) -> None:
        with self._outlasted():
            while self._waiting:
                super().log_metrics(*self._waiting[0])
                self._waiting.pop(0)

    @contextmanager
    def _outlasted(self) -> Iterator[None]:
        """Go on where the store fails; said once per outage."""
        try:
            yield
        except Exception as error:  # of MLflow, of requests, of a database or of a disk
            if not self._failing:
                log.warning(
                    f"logger.mlflow: the store fails: {_first_line(error)}; training goes on,"
                    " rows of metrics.csv are sent when it answers, pictures are missing there"
                )
            self._failing = True
        else:
            self._failing = False


def start_run(
    *,
    outputs: str | Path,
    recorded: dict[str, Any],
    resumes: str | None = None,
    tracking_uri: str | None = None,
    experiment_name: str | None = None,
    run_name: str | None = None,
    tags: dict[str, Any] | None = None,
) -> MlflowRun:
    """Open an MLflow run, or open one again.

    The run is created here rather than by Lightning, which would record the user, the script and
    its folder with it. MLflow's own telemetry is off.

    Args:
        outputs: Folder of all results; the store is ``mlflow.db`` in it.
        recorded: Configuration and origin.
        resumes: Id of the run that is resumed; a new one is created where the store has it not.
        tracking_uri: Address of another store, such as that of a server.
        experiment_name: ``lungseg`` by default.
        run_name: The time of the start by default.
        tags: Labels with values.

    Raises:
        ConfigError: If the store cannot be opened.
    """
    check_mlflow(tracking_uri=tracking_uri, tags=tags)
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    # By default each call to a server that is gone lasts four minutes, and a training waits.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    import mlflow  # noqa: F401  sets the levels of loggers
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient
    from sqlalchemy.exc import SQLAlchemyError

    for name in ("mlflow", "alembic"):  # each new table is announced otherwise
        logging.getLogger(name).setLevel(logging.WARNING)
    Path(outputs).mkdir(parents=True, exist_ok=True)
    # Absolute: MLflow keeps a database open by its address, whatever the working directory becomes.
    folder = os.path.abspath(outputs)
    address = tracking_uri or f"sqlite:///{folder}/{STORE}"
    artifacts = None if address.startswith(SERVERS) else f"{folder}/{ARTIFACTS}"
    try:
        client = MlflowClient(address)
        run_id = _reopened(client, resumes) if resumes else None
        if run_id is None:
            # MLflow would draw a name from the random numbers of the training.
            name = run_name or f"{datetime.now():%Y-%m-%d %H:%M:%S}"
            labels = {"mlflow.source.name": "lungseg train"} | (tags or {})
            experiment = _experiment(client, experiment_name or EXPERIMENT, artifacts)
            run_id = client.create_run(experiment, tags=labels, run_name=name).info.run_id
        run = MlflowRun(address, run_id)
        run.log_config(recorded)
    except (MlflowException, SQLAlchemyError) as error:
        message = f"logger.mlflow: the store cannot be used: {_first_line(error)}"
        raise ConfigError(message) from error
    return run


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _reopened(client: Any, run_id: str) -> str | None:
    from mlflow.exceptions import MlflowException

    try:
        client.update_run(run_id, status="RUNNING")
    except MlflowException:
        return None
    return run_id


def _experiment(client: Any, name: str, artifacts: str | None) -> str:
    """The id of an experiment, which is created where it is missing."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=artifacts))
        except MlflowException:  # another process was faster
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)
