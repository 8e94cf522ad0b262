"""The runs of a pack, refused where one pack cannot be about all of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lungseg.data.cohort import Cohort, open_cohort
from lungseg.data.place import is_url
from lungseg.errors import ConfigError, DataError
from lungseg.report.differences import differences, labels
from lungseg.report.paper.ledger import Ledger
from lungseg.report.paper.source import NOT_RECORDED, Source, plain
from lungseg.runs.find import find_runs
from lungseg.runs.provenance import PROVENANCE
from lungseg.runs.read import COMPLETED, Run, is_run

log = logging.getLogger(__name__)


ELSEWHERE = ("trained_on_cohort_sha256", "members")
"""In ``provenance.json``: a model, or several, was evaluated on cases that are not its own."""


@dataclass(frozen=True)
class Study:
    """What a pack is about.

    Attributes:
        sources: Of each run; the text describes the first, and in what the others differ.
        called: Of each run: ``run 1``, ``the cross-validation``, ``cross-validation 2``.
        names: The same, with its seed and what else distinguishes it.
        cohort: Prepared cases; None where they are not there.
        ledger: Of all that is shown.
        parameters: Of the network, as text.
    """

    sources: Sequence[Source]
    called: Sequence[str]
    names: Sequence[str]
    cohort: Cohort | None
    ledger: Ledger
    parameters: str

    @property
    def first(self) -> Source:
        """The run that the text describes."""
        return self.sources[0]


def read_study(folders: Sequence[Path], store: str | None) -> Study:
    """Read the runs of a pack.

    Args:
        folders: Run folders, or folders with runs below them.
        store: Where the prepared cases are; None for where the first run's checkpoint says.

    Raises:
        DataError: If a folder is no run, a run has not completed or lacks files, or runs differ in
            their cohort or in the cases of their sets.
        ConfigError: If `store` has to be given.
    """
    runs = find_runs(folders)
    for number, run in enumerate(runs, 1):
        _refuse(number, run, runs[0])
    ledger = Ledger()
    sources = [Source(number, run, ledger) for number, run in enumerate(runs, 1)]
    if not sources[0].trained:
        raise DataError(
            "runs: run 1 was not trained by lungseg, and a pack describes a training; put one"
            " first",
            runs[0].folder,
        )
    for source in sources:
        if any(source.value(PROVENANCE, key) is not None for key in ELSEWHERE):
            raise DataError(
                f"runs: run {source.number} is of a trained model on other cases (evaluate ckpt= or"
                " model=), and a pack describes a training with its own test; give the run of the"
                " training",
                source.run.folder,
            )
        if source.sets != sources[0].sets:
            raise DataError(
                f"runs: run {source.number} has other cases in its sets than run 1; the folds of a"
                " cross-validation are pooled first (lungseg pool)",
                source.run.folder,
            )
    cohort = _cohort(sources[0], store)
    called = _called(sources)
    return Study(sources, called, _names(runs, called), cohort, ledger, parameters(sources[0]))


def _refuse(number: int, run: Run, first: Run) -> None:
    if run.state != COMPLETED:
        why = f"{run.state}: {run.error}" if run.error else run.state
        raise DataError(
            f"runs: run {number} has not completed ({why}); finish it, or leave it out", run.folder
        )
    if run.cohort_sha256 != first.cohort_sha256:
        raise DataError(
            f"runs: run {number} is of another cohort than run 1 (cohort hash differs); a pack is"
            " about one",
            run.folder,
        )
    if "test" not in run.summary:
        raise DataError(f"runs: run {number} has no test set in evaluation/summary.json",
                        run.folder)  # fmt: skip


def _called(sources: Sequence[Source]) -> list[str]:
    if len(sources) == 1 and sources[0].pool is not None:
        return ["the cross-validation"]
    return [
        f"{'run' if source.pool is None else 'cross-validation'} {source.number}"
        for source in sources
    ]


def _names(runs: Sequence[Run], called: Sequence[str]) -> list[str]:
    """Not by their folders, which somebody may have called by a patient or a hospital."""
    trained = [run for run in runs if run.trained]
    keys = differences(trained)
    names = []
    own_settings = labels(runs, trained, keys)
    for run, name, settings in zip(runs, called, own_settings, strict=True):
        own = f", {settings}" if keys else ""
        what = f"seed {plain(run.seed)}{own}" if run in trained else "masks made elsewhere"
        names.append(f"{name} ({what})")
    return names


def parameters(source: Source) -> str:
    """Parameters of the network; of older runs counted, where their class may be built."""
    recorded = source.text(PROVENANCE, "n_parameters")
    if recorded != NOT_RECORDED:
        return recorded
    from lungseg.runs.recorded import build_recorded

    try:
        network = build_recorded(source.config("model"), "model")
    except ConfigError:  # a class of the user's, or of a package that is not installed
        return NOT_RECORDED
    n = sum(weights.numel() for weights in network.parameters())
    return source.note(plain(n), n, PROVENANCE, "parameters(config.model)")


def _cohort(source: Source, store: str | None) -> Cohort | None:
    """The prepared cases; None where they are gone and were not named."""
    place = store or _noted_store(source)
    if place is None:
        return None
    try:
        cohort = open_cohort(place)
        if cohort.sha256 != source.run.cohort_sha256:
            raise DataError(
                "store: these are not the cases of the runs (cohort hash differs)", place
            )
    except DataError:
        if store is not None:
            raise
        return None
    return cohort


def _noted_store(source: Source) -> str | None:
    """Where the checkpoint of a run, or of a fold, says that the prepared cases are.

    A file from anywhere may not have a URL opened.
    """
    own = source.run.folder
    folds = [
        place / name for name in (source.pool or {}).get("runs", []) for place in own.parents[:2]
    ]
    folders = [own, *folds]
    for folder in folders:
        for file in sorted((folder / "checkpoints").glob("[!.]*.ckpt")) if is_run(folder) else ():
            from lungseg.runs.checkpoint import load_checkpoint
            from lungseg.training.module import RECORD

            try:
                place = str(load_checkpoint(file)[RECORD].get("store", ""))
            except DataError:  # its numbers are in other files
                continue
            return None if is_url(place) or not place else place
    return None
