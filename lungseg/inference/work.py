"""One scan from its files to its folder of results; runs in any process."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg import __version__
from lungseg.data.parallel import stop_if_orphaned
from lungseg.errors import DataError, LungsegError
from lungseg.files import write_json
from lungseg.inference.output import RECORD, Output
from lungseg.inference.postprocess import Postprocess, Unchanged, consistent
from lungseg.inference.predictor import Predictor, load
from lungseg.inference.writers import DICOM_ONLY, Algorithm, write
from lungseg.sources.scan import Scan
from lungseg.sources.scans import AnyScan

if TYPE_CHECKING:
    from lungseg.inference.prediction import Prediction


log = logging.getLogger(__name__)


class DoubtError(DataError):
    """A scan with a warning, where none is accepted."""


@dataclass(frozen=True)
class Work:
    """How scans are predicted and written.

    Attributes:
        models: Files of the models.
        load: Arguments of :func:`lungseg.inference.predictor.load`.
        formats: Of masks; None for the usual ones of each scan.
        probabilities: Whether probabilities are written too.
        refuse_doubt: Whether a scan with a warning fails.
        output: Where results go.
        draw: Makes the contents of the pictures, by name of the file.
        n_threads: Of torch; None for as many as it takes.
    """

    models: tuple[Path, ...]
    load: Mapping[str, Any]
    formats: tuple[str, ...] | None
    probabilities: bool
    refuse_doubt: bool
    output: Output
    draw: Callable[[Scan, Prediction], dict[str, bytes]]
    n_threads: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one scan: its record, or the reason why it failed."""

    name: str
    record: Mapping[str, Any] | None = None
    reason: str = ""
    path: object = None


def predict_one(
    work: Work, scan: AnyScan, advance: Callable[[int], object] = lambda slices: None
) -> Outcome:
    """Read, predict and write one scan; whatever fails concerns this scan alone."""
    try:
        return Outcome(scan.name, _written(work, scan, advance))
    except LungsegError as error:
        reason, path, doubted = str(error), error.path or scan.path, isinstance(error, DoubtError)
    except OSError as error:
        reason, path, doubted = error.strerror or "input or output failed", scan.path, False
    except MemoryError:
        reason, path, doubted = "memory ran out", scan.path, False
    except Exception as error:  # of torch, ONNX Runtime or highdicom; the other scans go on
        log.debug(f"{scan.name}:", exc_info=True)
        reason, path, doubted = f"{type(error).__name__} (see the log)", scan.path, False
    work.output.forget(scan.name, doubted=doubted)
    return Outcome(scan.name, reason=reason, path=path)


def _written(
    work: Work, scan_files: AnyScan, advance: Callable[[int], object]
) -> Mapping[str, Any]:
    predictor = _predictor(work)
    start = time.perf_counter()
    state = scan_files.state()  # before it is read: a file that is replaced meanwhile is seen
    scan = scan_files.read()
    formats = work.formats or usual_formats(scan)
    check_formats(formats, scan)
    prediction = predictor.predict(scan, advance=advance)
    if work.refuse_doubt:
        warnings = [one.text for one in prediction.findings if one.severity != "info"]
        if warnings:
            raise DoubtError(f"{'; '.join(warnings)} (on_doubt=warn accepts it)")
    algorithm = Algorithm("lungseg", __version__, _hash_of(work.output.models))
    threshold = sum(model.threshold for model in predictor.models) / len(predictor.models)
    fractions = None
    if work.probabilities:
        fractions = consistent(prediction.probability, prediction.mask, threshold)
    stop_if_orphaned()
    with work.output.writing(scan.name) as folder:
        written = [
            write(
                one,
                folder,
                scan,
                prediction.labels,
                algorithm=algorithm,
                probabilities=fractions,
            ).name
            for one in formats
        ]
        for name, content in work.draw(scan, prediction).items():
            (folder / name).write_bytes(content)
        record = {
            "scan": scan.name,
            "lungseg": __version__,
            "models": [model.describe() for model in predictor.models],
            "settings": work.output.settings,
            "postprocess": _described(predictor.postprocess),
            **described(prediction, scan),
            "files": written,
            "image_sha256": scan.image_sha256,
            "state": state,
            "seconds": round(time.perf_counter() - start, 2),
        }
        write_json(folder / RECORD, record)
    return record


def _hash_of(models: Sequence[str]) -> str:
    """The hash of a model's file; of several models, a hash of theirs."""
    if len(models) == 1:
        return models[0]
    return hashlib.sha256(" ".join(models).encode()).hexdigest()


def described(prediction: Prediction, scan: Scan) -> Mapping[str, Any]:
    """The part of ``prediction.json`` that follows from the scan and what came out."""
    grid = prediction.grid
    seen = [round(mm, 6) for mm in grid.spacing_mm] if grid.resampled else None
    return {
        "grid": {
            "shape": list(scan.volume.voxels.shape),
            "spacing_mm": [round(mm, 6) for mm in scan.volume.spacing],
            "resampled_to_mm": seen,
        },
        "lungs": _rounded(prediction.lungs),
        "findings": [finding.to_dict() for finding in prediction.findings],
    }


def _described(postprocess: Postprocess) -> str:
    """What was applied, be it the setting's or the model's own."""
    return "none" if isinstance(postprocess, Unchanged) else repr(postprocess)


def _rounded(value: Any) -> Any:
    """Numbers to what is worth reading."""
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return round(value, 3) if isinstance(value, float) else value


def usual_formats(scan: Scan) -> tuple[str, ...]:
    """Formats that are written where none are given."""
    return ("seg", "nifti") if scan.instances else ("nifti",)


def check_formats(formats: Sequence[str], scan: Scan) -> None:
    """Stop at a format that a scan cannot have.

    Raises:
        DataError: Likewise.
    """
    for one in formats:
        if one in DICOM_ONLY and not scan.instances:
            raise DataError(
                f"formats: {one} refers to the DICOM files of a scan, and this one has none; take"
                " nifti or nrrd"
            )


_loaded: dict[str, Predictor] = {}


def _predictor(work: Work) -> Predictor:
    """The models, loaded once in each process."""
    key = repr((work.models, work.load))
    if key not in _loaded:
        if work.n_threads is not None:
            import torch

            torch.set_num_threads(work.n_threads)
        _loaded.clear()
        _loaded[key] = load(*work.models, **work.load)
    return _loaded[key]
