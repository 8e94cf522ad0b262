"""``lungseg export``: a trained model as one file that runs without lungseg, or a data set."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from lungseg.apps.export_dataset import export_dataset
from lungseg.data.cohort import Cohort, open_cohort
from lungseg.data.place import is_url
from lungseg.errors import ConfigError, DataError
from lungseg.files import replacing, short
from lungseg.inference.exported import SUFFIX, OnnxModel
from lungseg.inference.extra import required
from lungseg.inference.model import load_model, model_files
from lungseg.privacy import hide_password

if TYPE_CHECKING:
    from lungseg.inference.model import Model

PRECISIONS = ("fp32", "int8")

log = logging.getLogger(__name__)


def run(config: DictConfig, run_dir: Path) -> None:
    """Write the model file, or the data set."""
    if config.dataset is not None:
        export_dataset(config)
        return
    for key in ("data", "split"):
        if key in config:
            raise ConfigError(f"{key}: goes with dataset=…; a run knows its own")
    output = _output(config)
    if config.precision not in PRECISIONS:
        raise ConfigError(f"precision={config.precision}: must be {' or '.join(PRECISIONS)}")
    file = _checkpoint(str(config.run))
    for package in ("onnx", "onnxruntime"):
        required(package, "lungseg export")
    from lungseg.inference.export import to_onnx

    model = load_model(file, device="cpu", allow_targets=config.allow_targets)
    assert not isinstance(model, OnnxModel)
    cohort = training_cohort(config, model.record)
    content = to_onnx(model)
    if config.precision == "int8":
        from lungseg.inference.quantize import calibration_slices, to_int8

        assert cohort is not None
        names = model.record["split"]["train"]
        content = to_int8(content, calibration_slices(cohort, names, model.input))
    elif model.precision.partition("-")[0] != "32":
        log.info(f"trained in {model.precision}; the model file is in fp32")
    with replacing(output) as part:
        part.write_bytes(content)
    _write_card(output, content, file, model, cohort)
    log.info(
        f"the model: {short(output)}, {len(content) / 1e6:.2f} MB; its card, .md and .html, beside"
        " it"
    )


def _write_card(
    output: Path, content: bytes, checkpoint: Path, model: Model, cohort: Cohort | None
) -> None:
    from lungseg.inference.exported import load_onnx
    from lungseg.report.card import model_card
    from lungseg.report.card_facts import Facts, evaluated_run
    from lungseg.report.card_files import write_card

    facts = Facts(
        sha256=hashlib.sha256(content).hexdigest(),
        metadata=load_onnx(output).record,
        n_parameters=sum(weights.numel() for weights in model.module.net.parameters()),
        split=model.record["split"],
        run=evaluated_run(checkpoint, model.record),
        cohort=cohort,
    )
    if not write_card(output, model_card(facts)):
        log.warning(
            f"{short(output.with_suffix('.md'))} was edited since an export wrote it, and stays as"
            " it is; the card of this model is the .html beside it (remove the .md to have it"
            " written again)"
        )


def training_cohort(config: DictConfig, record: dict[str, Any]) -> Cohort | None:
    """The prepared cases of the training; None where they are gone and nothing needs them.

    Raises:
        DataError: If ``store`` or int8 needs them, and they are not there or are others.
        ConfigError: If int8 needs them, and they are at a URL that only the checkpoint names.
    """
    place = config.store or str(record.get("store", ""))
    needed = config.store is not None or config.precision == "int8"
    if config.store is None and is_url(place):  # a file from anywhere may not say what is asked for
        if needed:
            raise ConfigError(
                "store: the checkpoint says that its prepared cases are at a URL, which is only"
                f" opened when you give it: store={hide_password(place)}"
            )
        return None
    try:
        cohort = open_cohort(place)
        if cohort.sha256 != record["cohort_sha256"]:
            raise DataError(
                "the prepared cases are not those that the model was trained with (cohort hash"
                " differs)",
                place,
            )
    except DataError as error:
        if needed:
            raise DataError(f"{error}; say where they are: store=DIR", error.path) from None
        log.warning("the prepared cases of the training are not there: the card says less of them")
        return None
    return cohort


def _output(config: DictConfig) -> Path:
    output = Path(str(config.output))
    if output.suffix != SUFFIX:
        raise ConfigError(f"output: must be a file called *{SUFFIX}: output=model{SUFFIX}")
    if output.is_dir():
        raise ConfigError(f"output: must be a file, and is a folder: output=model{SUFFIX}")
    return output


def _checkpoint(path: str) -> Path:
    files = model_files([Path(path)], key="run")
    if len(files) > 1:
        raise ConfigError(f"run: contains {len(files)} runs, and a model file holds one: choose it")
    if files[0].suffix.lower() == SUFFIX:
        raise ConfigError("run: is an exported model already; give the run or its checkpoint")
    return files[0]
