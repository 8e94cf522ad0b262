"""``lungseg export``: a trained model as one file that runs without lungseg."""

from __future__ import annotations

import logging
from pathlib import Path

from omegaconf import DictConfig

from lungseg.errors import ConfigError
from lungseg.files import replacing, short
from lungseg.inference.exported import SUFFIX
from lungseg.inference.extra import required
from lungseg.inference.model import load_model, model_files

log = logging.getLogger(__name__)


def run(config: DictConfig, run_dir: Path) -> None:
    """Write the model file."""
    output = _output(config)
    file = _checkpoint(str(config.run))
    for package in ("onnx", "onnxruntime"):
        required(package, "lungseg export")
    from lungseg.inference.export import to_onnx
    from lungseg.inference.model import Model

    model = load_model(file, device="cpu", allow_targets=config.allow_targets)
    assert isinstance(model, Model)
    content = to_onnx(model)
    if model.precision.partition("-")[0] != "32":
        log.info(f"trained in {model.precision}; the model file is in fp32")
    with replacing(output) as part:
        part.write_bytes(content)
    log.info(f"the model: {short(output)}, {len(content) / 1e6:.1f} MB")


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
    if files[0].suffix == SUFFIX:
        raise ConfigError("run: is an exported model already; give the run or its checkpoint")
    return files[0]
