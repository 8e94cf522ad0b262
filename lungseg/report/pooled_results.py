"""The folder of a pooled cross-validation: the files of a run, with what it was pooled from."""

from __future__ import annotations

import copy
import logging
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lungseg import __version__
from lungseg.errors import ConfigError
from lungseg.evaluation.pooled import Pooled, conventions_of, pool
from lungseg.evaluation.tables import curve_frame, thin, write_csv
from lungseg.files import short, write_json
from lungseg.report.earlier import remove_report
from lungseg.report.pooled_folds import of_fold, record_of_folds, shared
from lungseg.report.pooled_notes import alarms, missing, notes
from lungseg.runs.claim import has_begun
from lungseg.runs.fold_settings import REPEATED, is_fold_key
from lungseg.runs.folds import Fold, repeats_of
from lungseg.runs.histograms import write_histograms
from lungseg.runs.lineage import TEST_SELECTION
from lungseg.runs.provenance import PROVENANCE, provenance, read_provenance
from lungseg.runs.read import Run
from lungseg.runs.searched import may_be_searched, settings_of
from lungseg.runs.status import write_status
from lungseg.splits.file import NAME

log = logging.getLogger(__name__)

ALL = "all"
"""In the pooled configuration: the fold, and the site."""
REPEATS = "repeats"
"""The folder of the results of each of several repeats."""
SEARCHED = "chosen in each fold"
"""In the pooled configuration: a setting that a search chose within each fold."""
POOL = "pool"
"""Key of ``provenance.json`` by which a pooled result is known."""


def pool_runs(
    runs: Sequence[Run], output: Path, *, allow_test_selection: bool = False, report: bool = True
) -> Pooled:
    """Pool the folds of a cross-validation into a folder like that of a run.

    Args:
        runs: The folds, from `lungseg.runs.find.find_runs`.
        output: Where the files go; an earlier pooled result there is replaced.
        allow_test_selection: Whether folds may have chosen by their test set.
        report: Whether to draw figures and write the page.

    Raises:
        ConfigError: As `lungseg.runs.folds.repeats_of`; or if a run is in the folder.
        DataError: Likewise.
    """
    if has_begun(output) and POOL not in read_provenance(output):
        raise ConfigError("output: this folder contains a run; choose another", output)
    pooled = pool(repeats_of(runs, allow_test_selection=allow_test_selection))
    _remove_earlier(output)
    if len(pooled.repeats) > 1:
        for repeat in pooled.repeats:
            _write(pool([repeat]), output / REPEATS / folder_name(repeat.label), report=report)
    _write(pooled, output, report=report)
    return pooled


def tell(pooled: Pooled, output: Path, *, report: bool = True) -> None:
    """Print the numbers, what to know of them, and where they are."""
    from lungseg.report.pooled_screen import print_pooled

    print_pooled(pooled)
    for sentence in [*alarms(pooled), *notes(pooled)]:
        log.warning(sentence)
    file = output / "report.html" if report else output / "evaluation"
    log.info(f"{'the page' if report else 'pooled'}: {short(file)}")


def folder_name(label: str) -> str:
    """A folder's name for settings.

    Example:
        >>> folder_name("seed=1, split.seed=0"), folder_name("loss.alpha=0.3"), folder_name("a/b")
        ('seed=1_split.seed=0', 'loss.alpha=0.3', 'a-b')
    """
    return re.sub(r"[^\w.=+-]+", "-", label.replace(", ", "_")).strip("-.") or ALL


def _remove_earlier(folder: Path) -> None:
    """Remove what an earlier pool wrote: it may have had repeats, scores and histories.

    Other files in the folder stay. ``provenance.json`` is the last, by which the folder is known.
    """
    remove_report(folder)
    for name in ("evaluation", REPEATS):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("status.json", NAME, "folds.csv", "metrics.csv", PROVENANCE):
        (folder / name).unlink(missing_ok=True)


def _write(pooled: Pooled, folder: Path, *, report: bool) -> None:
    from lungseg.metrics.curves import curve
    from lungseg.report.pooled_page import folds_frame

    tables = folder / "evaluation"
    origin = _origin(pooled)
    # First what tells the folder from a run's: a pooling that was stopped may be started again.
    write_json(folder / PROVENANCE, origin)
    write_status(folder, "running")
    write_json(folder / NAME, _split(pooled, origin))
    write_csv(folder / "folds.csv", folds_frame(pooled))
    if pooled.history is not None:
        write_csv(folder / "metrics.csv", pooled.history)
    write_csv(tables / "slices.csv", pooled.slices)
    write_csv(tables / "cases.csv", pooled.cases)
    if pooled.histogram is not None:
        points = thin(curve_frame(curve(pooled.histogram)))
        write_csv(tables / "pr_curve.csv", points[["threshold", "precision", "recall"]])
        write_histograms(folder, {"test": pooled.histogram})
    lacking = {"missing_folds": sentences} if (sentences := missing(pooled)) else {}
    write_json(tables / "summary.json", {"test": pooled.test | lacking})
    if report:
        _write_report(pooled, folder, origin)
    write_status(folder, "completed")


def _write_report(pooled: Pooled, folder: Path, origin: dict[str, Any]) -> None:
    from lungseg.report.pooled_figures import draw_pooled
    from lungseg.report.pooled_page import write_pooled_page
    from lungseg.report.save import save

    place, figures = folder / "evaluation" / "figures", []
    for drawn in draw_pooled(pooled):
        save(drawn.figure, place, drawn.name)
        figures.append((drawn.name, drawn.caption, place / f"{drawn.name}.png"))
    write_pooled_page(folder / "report.html", pooled, origin, figures)


def _origin(pooled: Pooled) -> dict[str, Any]:
    """The contents of ``provenance.json``: of the folds what they share, and which they are."""
    folds = pooled.folds
    first = folds[0]
    failed = {case: why for fold in folds for case, why in fold.run.failed_cases.items()}
    config = _config(folds)
    origin = provenance(config, str(first.run.cohort_sha256), failed)
    conventions = conventions_of(folds)
    labels = [
        {case: fold.label for fold in repeat.folds for case in fold.test}
        for repeat in pooled.repeats
    ]
    # One entry per repeat; None where its fold is missing.
    of_case = {case: [each.get(case) for each in labels] for case in set().union(*labels)}
    one = len(pooled.repeats) == 1
    return origin | {
        "git": shared([fold.provenance.get("git") for fold in folds]),
        "wandb_run_id": None,
        "precision": shared([fold.run.precision for fold in folds]),
        "n_parameters": shared([fold.provenance.get("n_parameters") for fold in folds]),
        POOL: {
            "runs": [fold.run.name for fold in folds],
            "folds": {case: entry[0] if one else entry for case, entry in sorted(of_case.items())},
            "repeats": [repeat.label for repeat in pooled.repeats],
            "missing": missing(pooled),
            "postprocess_chosen": all(fold.run.postprocess_chosen for fold in folds),
            # What a comparison of runs reads from the settings of Hydra's.
            "choices": first.run.choices
            | {name: SEARCHED for name in first.run.choices if name in settings_of(first.run)},
            "derived": first.run.derived,
            "overrides": [
                word
                for word in first.run.overrides
                if not of_fold(word, first, *REPEATED, *settings_of(first.run))
            ],
            **record_of_folds(pooled),
        },
        "evaluation": {
            "lungseg": __version__,
            "git": origin["git"],
            "file": shared([fold.run.weights for fold in folds]),
            "epochs": shared([fold.run.epochs for fold in folds]),
            "threshold": conventions.threshold,
            "empty_dsc": conventions.empty_dsc,
            "postprocess": conventions.postprocess,
            "synthetic": pooled.synthetic,
            "warnings": alarms(pooled),
        },
    }


def _config(folds: Sequence[Fold]) -> dict[str, Any]:
    """That of the folds, with all of them; seeds of several repeats as a list."""
    config: dict[str, Any] = copy.deepcopy(folds[0].provenance["config"])
    split, flat = config["split"], folds[0].run.config
    for key in [key for key in split if is_fold_key(f"split.{key}", flat)]:
        del split[key]
    split["fold"] = ALL
    config[TEST_SELECTION] = any(fold.run.config.get(TEST_SELECTION) is True for fold in folds)
    for key in REPEATED:
        values = list(dict.fromkeys(fold.run.config.get(key) for fold in folds))
        if len(values) > 1:
            node = split if key.startswith("split.") else config
            node[key.rsplit(".", 1)[-1]] = values
    for key in {key for fold in folds for key in fold.run.config}:
        if may_be_searched(key, *(fold.run for fold in folds)):
            _set(config, key.split("."), SEARCHED)
    return config


def _set(node: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        below = node.get(name)
        node[name] = node = below if isinstance(below, dict) else {}
    node[path[-1]] = value


def _split(pooled: Pooled, origin: dict[str, Any]) -> dict[str, Any]:
    """The contents of ``split.json``: all cases are tested, out of fold."""
    cases = list(pooled.cases["case"])
    seen = {case for fold in pooled.folds for sets in fold.sets.values() for case in sets}
    patients = {case: label for fold in pooled.folds for case, label in fold.patients.items()}
    return {
        "sets": {"test": cases},
        "left_out": sorted(seen - {*cases}),
        "made_by": origin["config"]["split"],
        "cohort_sha256": origin["cohort_sha256"],
        "balance": None,
        "patients": patients,
    }
