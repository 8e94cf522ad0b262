"""What a model card is made from: the file's metadata, the run's evaluation, the cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lungseg.data.cohort import Cohort
from lungseg.errors import DataError
from lungseg.runs.read import COMPLETED, Run, read_run
from lungseg.runs.resume import differences


@dataclass(frozen=True)
class Facts:
    """Of one model file.

    Attributes:
        sha256: Hash of the model file.
        metadata: As in the file (`lungseg.inference.metadata`).
        n_parameters: Of the network.
        split: Names of the cases in each set. No name is shown.
        run: The run whose evaluation is of these weights; None where there is none.
        cohort: Prepared cases of the training; None where they are not there.
    """

    sha256: str
    metadata: Mapping[str, Any]
    n_parameters: int
    split: Mapping[str, Sequence[str]]
    run: Run | None
    cohort: Cohort | None

    @property
    def test(self) -> Mapping[str, Any] | None:
        """Numbers of the test set, as in ``summary.json``."""
        return None if self.run is None else self.run.summary.get("test")

    def cases(self, set_name: str) -> list[dict[str, Any]]:
        """Fingerprints of a set's cases, with their spacing; none without the cohort."""
        if self.cohort is None:
            return []
        figures = self.cohort.fingerprint()["cases"]
        return [figures[name] for name in self.split.get(set_name, []) if name in figures]

    @property
    def synthetic(self) -> bool | None:
        """Whether any case is synthetic; None if unknown."""
        if self.cohort is not None:
            return self.cohort.synthetic
        known: bool | None = self.metadata.get("synthetic")
        return known


def evaluated_run(checkpoint: Path, record: Mapping[str, Any]) -> Run | None:
    """The run folder of a checkpoint, if its evaluation is of this checkpoint.

    Args:
        checkpoint: ``<run>/checkpoints/<name>.ckpt``, or a copy elsewhere, which has none.
        record: Of the checkpoint.
    """
    folder = checkpoint.resolve().parent.parent
    try:
        run = read_run(folder, folder.name)
    except DataError:
        return None
    same = (
        run.state == COMPLETED
        and run.weights in (None, checkpoint.name)
        and run.cohort_sha256 == record["cohort_sha256"]
    )
    if not same or differences(run.config, dict(record["config"])):
        return None
    return run
