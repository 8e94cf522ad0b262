"""``lungseg prepare``: from a source to the store."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from lungseg.arguments import check_arguments
from lungseg.config import build
from lungseg.data import cohort as cohorts
from lungseg.data.cohort import FILE, Cohort
from lungseg.data.digests import key_file
from lungseg.data.export import export_npz
from lungseg.data.parallel import Parallel
from lungseg.data.place import Place, is_url, join, read_text
from lungseg.data.prepare import prepare as update_store
from lungseg.data.rules import Rules
from lungseg.data.source import Generated, RemembersFiles, UnpairedError
from lungseg.errors import ConfigError
from lungseg.moved import first_names
from lungseg.privacy import DEFAULT_KEY
from lungseg.report.audit_files import AUDIT
from lungseg.report.screen import print_cohort, track
from lungseg.sources.maskless import NONE
from lungseg.sources.numbering import check_list

log = logging.getLogger(__name__)


def run(config: DictConfig, run_dir: Path) -> None:
    """Prepare a cohort and print what it contains."""
    cohort = prepare(config)
    print_cohort(cohort)
    log.info(f"to look at: {join(cohort.store, 'audit.html')}")


def prepare(config: DictConfig) -> Cohort:
    """The cohort that a configuration describes, prepared first where that is needed.

    Args:
        config: With groups ``data`` and the key ``outputs``.

    Raises:
        DataError: If the source cannot be read.
        ConfigError: If settings of the source are wrong.
    """
    data = config.data
    if OmegaConf.is_missing(data, "root") and data.store is not None:
        cohort = cohorts.open_cohort(data.store)
    else:
        source = _source(config)
        if isinstance(source, Generated):
            source.materialize(lambda names: track(names, "Writing synthetic DICOM"))
        cohort = update_store(
            source,
            store_path(config),
            settings=_settings(data),
            rules=_rules(data, config.outputs),
            parallel=Parallel(**config.parallel),
            pages=AUDIT,
            track=lambda names: track(names, "Preparing cases"),
        )
    if data.export_npz is not None:
        export_npz(cohort, Path(data.export_npz), lambda names: track(names, "Exporting npz"))
    return cohort


def prepare_with_masks(config: DictConfig) -> Cohort:
    """As :func:`prepare`, for training and evaluation, which need masks.

    Raises:
        ConfigError: If ``data.masks=none``; raised before hours of preparation.
        DataError: If a prepared case has no mask.
    """
    check_cases(config)
    cohort = prepare(config)
    cohort.require_masks()
    return cohort


def check_cases(config: DictConfig) -> None:
    """Check settings of the cases, and that there is something to read, before torch is imported.

    Args:
        config: As for :func:`prepare_with_masks`.

    Raises:
        ConfigError: If a setting is wrong, or no masks are to be read.
        DataError: If there is no such folder.
    """
    data = config.data
    if data.get("masks") == NONE:
        raise ConfigError(
            "data.masks=none: cases without masks can be prepared and inspected, not trained on or"
            " evaluated"
        )
    Parallel(**config.parallel)
    _rules(data, config.outputs)
    if OmegaConf.is_missing(data, "root") and data.store is not None:
        if not is_url(data.store):
            cohorts.open_cohort(data.store)
        return
    source = _source(config)
    if not (isinstance(source, Generated) or Path(data.root).exists()):
        source.cases()  # says best what it looks for


def names_before(config: DictConfig) -> list[str] | None:
    """Names of the cases where nothing is prepared yet; None where only preparing tells them.

    Args:
        config: As for :func:`prepare_with_masks`, checked.
    """
    data = config.data
    if OmegaConf.is_missing(data, "root") or read_text(store_path(config), FILE) is not None:
        return None  # opened soon enough
    source = _source(config)
    if isinstance(source, Generated | RemembersFiles):
        return None
    try:
        names: list[str] = source.cases()
    except UnpairedError as error:  # preparing may leave them out
        return error.cases
    return names


def _source(config: DictConfig) -> Any:
    data = config.data
    if data.root == "":  # an unset shell variable
        raise ConfigError("data.root: must be given: data.root=DIR")
    check_list(data.get("numbers"), config.outputs)
    check_arguments(data.source, "data")
    return build(data.source, "data")


def _rules(data: DictConfig, outputs: str) -> Rules:
    on_finding = data.get("on_finding")
    if isinstance(on_finding, str):  # one word for both
        on_finding = {"error": on_finding, "warning": on_finding}
    rules = Rules() if on_finding is None else Rules(on_finding)
    return replace(
        rules,
        skip_bad_cases=_flag(data, "skip_bad_cases"),
        patients=data.get("patients", "id"),
        patient_key=key_file(data.get("patient_key", DEFAULT_KEY), outputs),
    )


def _flag(data: DictConfig, key: str) -> bool:
    value = data.get(key) or False
    if not isinstance(value, bool):  # any word would count as true
        raise ConfigError(f"data.{key}={value}: must be true or false")
    return value


def _settings(data: DictConfig) -> str:
    """Settings that the source's reading depends on; the location of its files is not one."""
    source = OmegaConf.to_container(data.source, resolve=True)
    assert isinstance(source, dict)
    locations = ("root", "numbers")
    settings = {key: source[key] for key in source if key not in locations}
    return json.dumps(first_names(settings), sort_keys=True)


def store_path(config: DictConfig) -> Place:
    """Path or URL of the store: as set, or named by a digest of the source's settings.

    Two sources never share a default store, and its path does not reveal the source's.
    """
    if config.data.store is not None:
        return str(config.data.store).removeprefix("file://")
    source = OmegaConf.to_container(config.data.source, resolve=True)
    assert isinstance(source, dict)
    source["root"] = os.path.abspath(source["root"])
    source.pop("numbers", None)  # the location of a list does not change the data
    settings = json.dumps(first_names(source), sort_keys=True)
    digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
    return Path(config.outputs) / "prepared" / f"{config.data.name}-{digest}"
