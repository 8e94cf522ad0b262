"""``lungseg export dataset=…``: a cohort and its folds as the data set of another program."""

from __future__ import annotations

import logging
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from lungseg.apps.prepare import check_cases, prepare_with_masks
from lungseg.config import build
from lungseg.data.datasets.contents import Contents
from lungseg.data.datasets.decathlon import MedicalDecathlon
from lungseg.data.datasets.layout import Layout
from lungseg.data.datasets.nifti import PlainNifti
from lungseg.data.datasets.nnunet import NnUNet
from lungseg.data.datasets.write import NAMES, refuse_existing, write_dataset
from lungseg.data.parallel import Parallel
from lungseg.errors import ConfigError
from lungseg.files import short
from lungseg.report.screen import track
from lungseg.splits.every_fold import every_fold
from lungseg.training.leaks import refuse_twins

LAYOUTS: dict[str, type[Layout]] = {
    "nnunet": NnUNet,
    "medical_decathlon": MedicalDecathlon,
    "nifti": PlainNifti,
}
OF_MODELS: dict[str, object] = {
    "run": None,
    "store": None,
    "precision": "fp32",
    "allow_targets": [],
}
"""Settings of the other kind of export, with their defaults."""

log = logging.getLogger(__name__)


def export_dataset(config: DictConfig) -> None:
    """Write a data set.

    Raises:
        ConfigError: If a setting is wrong or missing.
        DataError: If the source cannot be read, or the output is there already.
    """
    layout, folder = _layout(config), Path(str(config.output))
    layout.check(folder)
    refuse_existing(folder)
    if config.split.get("fold") == "all":  # as all folds are exported anyway
        config.split.fold = 0
    if config.split.get("site") == "all":
        config.split.site = None
    splitter = build(config.split, "split")
    cohort = prepare_with_masks(config)
    splits = list(every_fold(splitter, cohort))
    for split in splits:
        refuse_twins(split.sets(), cohort.image_sha256)
    for note in splits[0].notes:
        log.warning(note)
    contents = Contents(cohort, [split.sets() for split in splits])
    parallel = Parallel(**config.parallel)
    write_dataset(contents, layout, folder, parallel, lambda names: track(names, "Exporting cases"))
    _report(contents, layout, folder)


def _layout(config: DictConfig) -> Layout:
    """The layout that is asked for, after all settings that can be checked at once."""
    if config.dataset not in LAYOUTS:
        raise ConfigError(f"dataset={config.dataset}: must be {', '.join(LAYOUTS)}")
    for key, default in OF_MODELS.items():
        if not OmegaConf.is_missing(config, key) and config[key] != default:
            raise ConfigError(f"{key}: goes with run=RUN output=FILE.onnx, not with dataset=…")
    if "data" not in config:
        raise ConfigError("data: must be given with dataset: data=lctsc data.root=DIR")
    if "split" not in config:
        raise ConfigError(
            "split: must be given with dataset: split=kfold for all of its folds, or the sets of a"
            " run: split=file split.file=RUN/split.json"
        )
    check_cases(config)
    return LAYOUTS[config.dataset]()


def _report(contents: Contents, layout: Layout, folder: Path) -> None:
    cohort, n = contents.cohort, len(contents.cases)
    if left_out := [case for case in cohort.names if case not in {*contents.cases}]:
        log.warning(f"left out, as in no set of the split: {', '.join(left_out)}")
    sets = f"{len(contents.folds)} folds" if contents.cross_validation else "one split"
    log.info(f"{n} cases and {sets}: {short(folder)}")
    if any(case != file for case, file in contents.files.items()):
        log.warning(f"some names of cases were changed for files: {short(folder / NAMES)}")
    for note in layout.notes(contents, folder):
        log.info(note)
