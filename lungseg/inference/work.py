"""One scan from its files to its folder of results; runs in any process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg import __version__
from lungseg.data.parallel import stop_if_orphaned
from lungseg.errors import DataError, LungsegError
from lungseg.files import write_json
from lungseg.findings import Finding
from lungseg.inference.output import RECORD, Output
from lungseg.inference.predictor import Predictor, load
from lungseg.inference.writers import DICOM_ONLY, Algorithm, write
from lungseg.sources.scan import Scan
from lungseg.sources.scans import ScanFiles

if TYPE_CHECKING:
    from lungseg.inference.prediction import Prediction


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
    findings: Sequence[Finding] = field(default_factory=list)


def predict_one(
    work: Work, scan: ScanFiles, advance: Callable[[int], object] = lambda slices: None
) -> Outcome:
    """Read, predict and write one scan; whatever fails concerns this scan alone."""
    try:
        record = _written(work, scan, advance)
    except LungsegError as error:
        return Outcome(scan.name, reason=str(error), path=error.path or scan.path)
    except OSError as error:
        return Outcome(scan.name, reason=error.strerror or "input or output failed", path=scan.path)
    except MemoryError:
        return Outcome(scan.name, reason="memory ran out", path=scan.path)
    return Outcome(scan.name, record)


def _written(
    work: Work, scan_files: ScanFiles, advance: Callable[[int], object]
) -> Mapping[str, Any]:
    predictor = _predictor(work)
    start = time.perf_counter()
    scan = scan_files.read()
    formats = work.formats or usual_formats(scan)
    check_formats(formats, scan)
    prediction = predictor.predict(scan, advance=advance)
    if work.refuse_doubt:
        warnings = [one.text for one in prediction.findings if one.severity != "info"]
        if warnings:
            raise DataError(f"{'; '.join(warnings)} (on_doubt=warn accepts it)")
    algorithm = Algorithm("lungseg", __version__, work.output.models[0])
    stop_if_orphaned()
    with work.output.writing(scan.name) as folder:
        written = [
            write(
                one,
                folder,
                scan,
                prediction.labels,
                algorithm=algorithm,
                probabilities=prediction.probability if work.probabilities else None,
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
            **described(prediction, scan),
            "files": written,
            "image_sha256": scan.image_sha256,
            "state": scan_files.state(),
            "seconds": round(time.perf_counter() - start, 2),
        }
        write_json(folder / RECORD, record)
    return record


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
