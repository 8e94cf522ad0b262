"""A trained network, with everything that turns HU into its input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

from lungseg.data.network_input import NetworkInput
from lungseg.errors import ConfigError, DataError
from lungseg.files import sha256_of
from lungseg.inference.exported import SUFFIX, OnnxModel, load_onnx
from lungseg.runs.checkpoint import load_checkpoint
from lungseg.runs.chosen import postprocess_of
from lungseg.runs.find import run_folders
from lungseg.runs.named import weights_in
from lungseg.runs.read import COMPLETED
from lungseg.runs.status import read_status

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from lungseg.training.module import SegmentationModule

DEVICES = ("auto", "cuda", "mps", "cpu")
"""Values of the setting ``device``; ``auto`` is the first of the others that is there."""


@dataclass(frozen=True)
class Model:
    """A network from a checkpoint.

    Attributes:
        name: Class of the network, such as ``UNet``.
        sha256: Hash of the file.
        record: What the checkpoint records of its origin.
        module: The network, in evaluation mode, with its padding.
        input: What becomes of a slice before the network sees it.
        threshold: A voxel is lung when its probability is at least this.
        batch_size: Slices per batch, as in training and evaluation: another one may round
            differently. Where the bits are the same they pass one by one.
        precision: bf16, 16, 32 or 64, as Lightning names it.
    """

    name: str
    sha256: str
    record: dict[str, Any]
    module: SegmentationModule
    input: NetworkInput
    threshold: float
    batch_size: int
    precision: str

    @property
    def domain(self) -> dict[str, list[float]]:
        """Ranges of the training cases, by quantity (`lungseg.data.domain`)."""
        return dict(self.record.get("domain") or {})

    @property
    def postprocess(self) -> dict[str, Any] | None:
        """The node of the post-processing with which the model was evaluated."""
        return postprocess_of(self.record)

    def logits(self, images: Tensor) -> Tensor:
        """Channels of slices, int16 ``[n, c, y, x]``, to float32 logits ``[n, 1, y, x]``."""
        import torch

        kind = self.module.device.type
        with torch.inference_mode(), _autocast(self.precision, kind):
            image = self.input(images.to(self.module.device))
            # Memory goes to the activations of a batch. In bf16 a CPU gives the same bits for one
            # slice after another; in float32 it does not.
            single = kind == "cpu" and self.precision == "bf16-mixed"
            parts = torch.split(image, 1) if single else (image,)
            logits = torch.cat(
                [self.module(part.contiguous(memory_format=torch.channels_last)) for part in parts]
            )
        return logits.float()

    def describe(self) -> dict[str, Any]:
        """What ``prediction.json`` says of the model."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "cohort_sha256": self.record["cohort_sha256"],
            "lungseg": str(self.record.get("lungseg", "")),
            "input": self.input.settings,
        }


def model_files(paths: Sequence[Path], *, key: str = "model") -> list[Path]:
    """The files of trained networks that paths lead to.

    Args:
        paths: Run folders, files, and folders with runs below them, such as a cross-validation.
        key: Setting that they come from, for errors.

    Raises:
        DataError: If one leads to no trained network.
        ConfigError: If none is given.
    """
    if not paths:
        raise ConfigError(f"{key}: must be given: {key}=outputs/<date>/<time>")
    files: list[Path] = []
    for path in paths:
        if path.is_file():
            if path.suffix.lower() not in (".ckpt", SUFFIX) and not is_zipfile(path):
                raise DataError(
                    f"{key}: neither a checkpoint of lungseg train nor an exported .onnx file", path
                )
            files.append(path)
            continue
        if not path.is_dir():
            raise DataError(f"{key}: no such run folder or file", path)
        runs = run_folders(path)
        if not runs:
            raise DataError(f"{key}: neither a run folder nor a folder with runs below it", path)
        for run in runs:
            file = weights_in(run)
            if not file.is_file():
                raise DataError(f"{key}: this run has no checkpoint", run)
            if (read_status(run) or {}).get("state", COMPLETED) != COMPLETED:
                raise DataError(
                    f"{key}: this run has not completed; to use it all the same, give its file",
                    file,
                )
            files.append(file)
    return list(dict.fromkeys(files))


def load_model(
    file: Path, *, device: str = "auto", allow_targets: Sequence[str] = ()
) -> Model | OnnxModel:
    """Load a checkpoint, or an exported model, for prediction.

    Args:
        file: That ``lungseg train`` or ``lungseg export`` (``.onnx``) wrote.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        allow_targets: What the checkpoint may name beside networks of ours, torch's and MONAI's.

    Raises:
        ConfigError: If the checkpoint names a model that may not be built from a file.
        DataError: If the file is missing or damaged, or its weights do not fit the model.
    """
    if file.suffix.lower() == SUFFIX:
        return load_onnx(file, device=device)
    from lungseg.runs.restore import recorded_input, restore
    from lungseg.training.device import resolve_precision
    from lungseg.training.module import RECORD

    checkpoint = load_checkpoint(file)
    record = checkpoint[RECORD]
    config = record["config"]
    threshold = float(config["metrics"]["threshold"])
    place = device_of(device)
    module = restore(checkpoint, file, ["test"], threshold, allow_targets)
    module.eval().to(place)
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    precision = resolve_precision(config["trainer"]["precision"], place.type)
    if precision.startswith("64"):
        module.double()
    return Model(
        name=str(config["model"]["_target_"]).rpartition(".")[2],
        sha256=sha256_of(file).hex(),
        record=record,
        module=module,
        input=recorded_input(config, allow_targets),
        threshold=threshold,
        batch_size=int(config["data"]["batch_size"]),
        precision=precision,
    )


def device_of(name: str) -> torch.device:
    """The device that a setting names; ``auto`` is the first GPU, else the CPU.

    Raises:
        ConfigError: If there is no such device here.
    """
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(),
             "mps": torch.backends.mps.is_available()}  # fmt: skip
    if name not in DEVICES:
        raise ConfigError(f"device={name}: must be {', '.join(DEVICES)}")
    if name == "auto":
        return torch.device(next(one for one in DEVICES[1:] if there[one]))
    if not there[name]:
        raise ConfigError(f"device={name}: torch finds no such device here")
    return torch.device(name)


def _autocast(precision: str, device: str) -> Any:
    from contextlib import nullcontext

    import torch

    kinds = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
    return torch.autocast(device, kinds[precision]) if precision in kinds else nullcontext()
