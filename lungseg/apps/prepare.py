"""``lungseg prepare``: from a source to the store."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from lungseg.config import build
from lungseg.data import cohort as cohorts
from lungseg.data import store as stores
from lungseg.data.cohort import Cohort
from lungseg.data.parallel import Parallel
from lungseg.data.place import Place, join
from lungseg.data.prepare import Rules
from lungseg.data.prepare import prepare as bring_up_to_date
from lungseg.data.source import Generated
from lungseg.errors import ConfigError
from lungseg.files import replacing
from lungseg.moved import first_names
from lungseg.sources.maskless import NONE
from lungseg.sources.numbering import check_list

log = logging.getLogger(__name__)

NAMED = 6
"""Cases named in one line on the screen."""


def audit(cohort: Cohort) -> dict[str, str]:
    """Texts of the audit's files, by name."""
    from lungseg.report.audit import audit_csv, audit_json
    from lungseg.report.audit_page import audit_html

    page = audit_html(cohort, lambda name: stores.open_preview(cohort.store, name))
    texts = audit_csv(cohort), audit_json(cohort), page
    return dict(zip(AUDIT[0], texts, strict=True))


AUDIT = ("audit.csv", "audit.json", "audit.html"), audit


def run(config: DictConfig, run_dir: Path) -> None:
    """Prepare a cohort and say what it holds."""
    cohort = prepare(config)
    report(cohort)
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
        if data.root == "":  # a variable of the shell that is not set
            raise ConfigError("data.root: must be given: data.root=DIR")
        check_list(data.get("numbers"), config.outputs)
        source = build(data.source, "data")
        if isinstance(source, Generated):
            source.materialize(lambda names: track(names, "Writing synthetic DICOM"))
        cohort = bring_up_to_date(
            source,
            store_path(config),
            settings=_settings(data),
            rules=_rules(data),
            parallel=Parallel(**config.parallel),
            pages=AUDIT,
            track=lambda names: track(names, "Preparing cases"),
        )
    if data.export_npz is not None:
        export_npz(cohort, Path(data.export_npz))
    return cohort


def prepare_with_masks(config: DictConfig) -> Cohort:
    """As :func:`prepare`, for what learns from masks or is measured by them.

    Raises:
        ConfigError: If ``data.masks=none``: said before hours of preparation.
        DataError: If a prepared case has no mask.
    """
    if config.data.get("masks") == NONE:
        raise ConfigError(
            "data.masks=none: cases without masks can be prepared and looked at, not trained on or"
            " evaluated"
        )
    cohort = prepare(config)
    cohort.require_masks()
    return cohort


def _rules(data: DictConfig) -> Rules:
    on_finding = data.get("on_finding")
    if isinstance(on_finding, str):  # one word for both
        on_finding = {"error": on_finding, "warning": on_finding}
    found = Rules() if on_finding is None else Rules(on_finding)
    return replace(
        found,
        skip_bad_cases=_flag(data, "skip_bad_cases"),
        patients=data.get("patients", "id"),
    )


def _flag(data: DictConfig, key: str) -> bool:
    value = data.get(key) or False
    if not isinstance(value, bool):  # any word would count as true
        raise ConfigError(f"data.{key}={value}: must be true or false")
    return value


def _settings(data: DictConfig) -> str:
    """What the source reads by; where its files are is not part of it."""
    source = OmegaConf.to_container(data.source, resolve=True)
    assert isinstance(source, dict)
    places = ("root", "numbers")
    read_by = {key: source[key] for key in source if key not in places}
    return json.dumps(first_names(read_by), sort_keys=True)


def store_path(config: DictConfig) -> Place:
    """Path or URL of the store: as set, else by a digest of the source's settings.

    Two sources never share a default store, and the path gives no source path away.
    """
    if config.data.store is not None:
        return str(config.data.store).removeprefix("file://")
    source = OmegaConf.to_container(config.data.source, resolve=True)
    assert isinstance(source, dict)
    source["root"] = os.path.abspath(source["root"])
    source.pop("numbers", None)  # where a list stands says nothing of the data
    digest = hashlib.sha256(json.dumps(first_names(source), sort_keys=True).encode()).hexdigest()[
        :8
    ]
    return Path(config.outputs) / "prepared" / f"{config.data.name}-{digest}"


def export_npz(cohort: Cohort, folder: Path) -> None:
    """Write ``<case>.npz``: ``image`` (int16 HU) and ``mask`` (uint8), ``[z, y, x]``, aligned.

    Of a case without mask, ``image`` alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in track(cohort.names, "Exporting npz"):
        arrays: dict[str, Any] = {"image": stores.open_image(cohort.store, name)[:]}
        if stores.has_mask(cohort.cases[name]):
            arrays["mask"] = stores.open_arrays(cohort.store, name)[1][:]
        with replacing(folder / f"{name}.npz") as part:
            np.savez_compressed(part, **arrays)


def track(names: list[str], what: str) -> Iterable[str]:
    """Iterate under a progress bar on a terminal; the bar vanishes when done."""
    from rich.console import Console
    from rich.progress import track as rich_track

    console = Console(stderr=True)
    if not names or not console.is_terminal:
        return names
    return rich_track(names, what, console=console, transient=True)


def report(cohort: Cohort) -> None:
    """Print the cohort in figures, a row a case, and below it what was found in the files."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from lungseg.report.audit import cases_in, failures, totals
    from lungseg.report.audit_cases import evidence_cells, lung_cells

    console = Console()
    whole, failed = totals(cohort), failures(cohort)
    plural = "s" if whole["n_cases"] != 1 else ""
    masked = whole["n_without_mask"] < whole["n_cases"] or not cohort.cases
    alone = "" if masked else " without masks"
    title = escape(f"{whole['n_cases']} case{plural}{alone} in {cohort.store}")
    if cohort.synthetic:
        title += " (SYNTHETIC)"
    table = Table(
        title=title,
        min_width=min(len(title), console.width),  # a title wraps where its table ends
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("case", overflow="fold")
    # What else is known stands in the audit; this fits a terminal of 80 columns.
    lung, evidence = (["empty", "lung"], ["flip", "score"]) if masked else ([], [])
    for column in ("slices", *lung, "spacing mm", *evidence, "findings"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, case in cases_in(cohort).items():
        table.add_row(
            escape(name),
            str(case["slices"]),
            *(lung_cells(case)[:2] if masked else []),
            " ".join(f"{size:.3g}" for size in case["spacing_mm"]),
            *(evidence_cells(case["alignment"]) if masked else []),
            str(len(case["findings"]) or ""),
        )
    for name in failed:
        table.add_row(escape(name), "failed", style="red")
    if cohort.cases:
        table.add_section()
        shares = []
        if not whole["n_without_mask"]:
            shares = [f"{whole['empty_share']:.3f}", f"{whole['positive_share']:.4f}"]
        table.add_row("all", str(whole["n_slices"]), *shares)
    console.print(table)
    for name, reason in failed.items():
        console.print(
            f"{name}: failed, left out: {reason}", style="red", soft_wrap=True, markup=False
        )
    told: dict[str, list[str]] = {}
    for name, case in cases_in(cohort).items():
        for finding in case["findings"]:
            told.setdefault(f"{finding['severity']}: {finding['text']}", []).append(name)
    for sentence, names in told.items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        console.print(f"{', '.join(names[:NAMED])}{more}: {sentence}", soft_wrap=True, markup=False)
