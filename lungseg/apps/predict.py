"""``lungseg predict``: the lungs in new scans."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from lungseg.data.digests import key_file, pseudonym, read_key
from lungseg.data.parallel import Parallel
from lungseg.errors import ConfigError, DataError
from lungseg.files import sha256_of, short
from lungseg.inference.model import DEVICES, model_files
from lungseg.inference.output import PAGE, Output, refuse_inside
from lungseg.inference.predictor import check_tta
from lungseg.inference.work import Outcome, Work, predict_one
from lungseg.inference.writers import FORMATS
from lungseg.privacy import DEFAULT_KEY
from lungseg.report.predictions import draw, write_page
from lungseg.report.predictions_screen import print_predictions
from lungseg.report.screen import track
from lungseg.runs.chosen import refuse_auto
from lungseg.sources.scans import AnyScan, Found, find_scans

if TYPE_CHECKING:
    from collections.abc import Generator

log = logging.getLogger(__name__)

DOUBT = ("warn", "error")
KEY = ".names.key"


def run(config: DictConfig, run_dir: Path) -> None:
    """Predict every scan of the input that is not done yet, and leave a page of all."""
    formats = _formats(config.formats)
    check_tta(config.tta)
    for key in ("probabilities", "overwrite"):
        if not isinstance(config[key], bool):  # any word would count as true
            raise ConfigError(f"{key}={config[key]}: must be true or false")
    if config.probabilities and formats is not None and "seg" not in formats:
        raise ConfigError("probabilities=true: makes the DICOM-SEG fractional; add seg to formats")
    if config.device not in DEVICES:
        raise ConfigError(f"device={config.device}: must be {', '.join(DEVICES)}")
    if config.on_doubt not in DOUBT:
        raise ConfigError(f"on_doubt={config.on_doubt}: must be {' or '.join(DOUBT)}")
    refuse_auto(config.get("postprocess"))
    parallel = Parallel(**config.parallel)
    files = tuple(model_files(_paths(config.models)))
    source, folder = Path(config.input), Path(config.output)
    refuse_inside(folder, source)
    names = _pseudonyms(config.outputs, folder)
    found = find_scans(source, names, config.spacing_mm, _slices(config))
    for finding in found.unreadable:
        log.warning(finding.text)
    load = {
        "postprocess": _postprocess(config),
        "tta": config.tta,
        "device": config.device,
        "allow_targets": tuple(config.allow_targets),
    }
    settings = {
        "postprocess": load["postprocess"],
        "tta": config.tta,
        "formats": formats and list(formats),
        "probabilities": config.probabilities,
    }
    output = Output(folder, tuple(sha256_of(file).hex() for file in files), settings)
    work = Work(
        files,
        load,
        formats,
        config.probabilities,
        config.on_doubt == "error",
        output,
        draw,
        _threads(parallel.n_jobs),
    )
    if len(files) > 1:
        log.info(f"{len(files)} models, whose probabilities are averaged")
    with output.locked():
        states = {scan.name: scan.state() for scan in found.scans}
        done = output.done(
            states, overwrite=config.overwrite, refuse_doubt=config.on_doubt == "error"
        )
        todo = [scan for scan in found.scans if scan.name not in done]
        failed = _predict(work, todo, parallel)
        write_page(output, failed)
    _report(found, source, output, done, failed)


def _predict(work: Work, todo: list[AnyScan], parallel: Parallel) -> dict[str, str]:
    """Predict scans; the reasons of those that failed, by name."""
    failed: dict[str, str] = {}
    outcomes: Generator[Outcome] = parallel.map(partial(predict_one, work), todo)
    for _, outcome in zip(
        track([scan.name for scan in todo], "Predicting scans"), outcomes, strict=False
    ):
        if outcome.record is None:
            failed[outcome.name] = outcome.reason
            log.error(f"{outcome.name}: failed: {outcome.reason}")
    return failed


def _below(source: Path, path: Path) -> str:
    """A path as it is found from the input folder."""
    return str(path.relative_to(source)) if source in path.parents else short(path)


def _report(
    found: Found, source: Path, output: Output, done: Iterable[str], failed: Mapping[str, str]
) -> None:
    records = {scan.name: output.record(scan.name) for scan in found.scans}
    places = {scan.name: _below(source, scan.path) for scan in found.scans}
    print_predictions(records, places, set(done), failed)
    for reason, count in found.left_out.items():
        log.info(f"left out: {count} file(s), {reason}")
    log.info(f"to look at: {short(output.folder / PAGE)}")
    n = len(found.scans)
    if found.unreadable and not failed:
        raise DataError(
            f"the scans are done, but {found.unreadable[0].text}", found.unreadable[0].path
        )
    if failed:
        first = next(iter(failed.items()))
        others = ", the others are done" if len(failed) < n else ""
        raise DataError(
            f"{len(failed)} of {n} scans failed{others}; the first, {first[0]}: {first[1]}"
        )


def _slices(config: DictConfig) -> dict[str, Any] | None:
    """How 2-D images are read; None where none are to be."""
    node: Any = OmegaConf.to_container(config.slices)
    if node["images"] is not None:
        return {**node, "spacing_mm": config.spacing_mm}
    if given := [key for key, value in node.items() if value is not None]:
        raise ConfigError(
            f"slices.{given[0]}: is for 2-D images, which slices.images finds: {{case}}/{{z}}.png"
        )
    return None


def _postprocess(config: DictConfig) -> Any:
    """The node of the group; None for what the model was trained with."""
    node = config.get("postprocess")
    return None if node is None else OmegaConf.to_container(node)


def _paths(models: Any) -> list[Path]:
    given = models if OmegaConf.is_list(models) else [] if models is None else [models]
    return [Path(str(one)) for one in given]


def _threads(n_jobs: int) -> int | None:
    """Threads for each of several processes, which would wait for each other with more."""
    if n_jobs == 1:
        return None
    return 1 if n_jobs == -1 else max(1, (os.cpu_count() or 1) // n_jobs)


def _formats(formats: Any) -> tuple[str, ...] | None:
    if formats is None:
        return None
    names = tuple(formats) if OmegaConf.is_list(formats) else (formats,)
    for name in names:
        if name not in FORMATS:
            raise ConfigError(f"formats={name}: there are {', '.join(FORMATS)}")
    if not names:
        raise ConfigError(f"formats=[]: give at least one of {', '.join(FORMATS)}")
    return tuple(dict.fromkeys(names))


def _pseudonyms(outputs: str, folder: Path) -> Callable[[str], str]:
    """Makes the name of a series from its UID: the same every time, and telling nothing.

    Where the usual key cannot be kept, the results keep one: names must not change.
    """
    file = key_file(DEFAULT_KEY, outputs)
    assert file is not None
    key = read_key(file, lambda text: None) or read_key(folder / KEY, log.warning)
    return partial(pseudonym, key or os.urandom(32))
