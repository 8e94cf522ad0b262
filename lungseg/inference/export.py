"""A trained network as an ONNX graph, with all that surrounds it: HU in, probability out."""

from __future__ import annotations

import copy
import json
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lungseg import __version__
from lungseg.data.intensity import Clahe, Equalize
from lungseg.data.network_input import NetworkInput
from lungseg.errors import DataError
from lungseg.inference.extra import required
from lungseg.inference.metadata import FORMAT, FORMATS, INPUT, KEY, LOGITS, PROBABILITY
from lungseg.models.padding import MULTIPLES, size_multiple
from lungseg.runs.lineage import images_of

if TYPE_CHECKING:
    from lungseg.inference.model import Model

OPSET = 17
AXES = {0: "n", 2: "y", 3: "x"}
SIZES = ((1, 96, 96), (2, 65, 67), (3, 50, 130))
"""Slices, height and width at which a graph is compared with its network."""
TOLERANCE = 1e-3
"""Of the probability; rounding is a hundredth of it."""


def to_onnx(model: Model) -> bytes:
    """The network of a checkpoint as an ONNX file, in float32 whatever it was trained in.

    Input ``hu``, float32 ``[n, c, y, x]`` of any size, with neighbouring slices as channels where
    the network sees them; outputs ``probability`` and ``logits``, ``[n, 1, y, x]``. Inside are the
    window, the padding to what the network takes, the network, the crop and the sigmoid. What comes
    before, on whole scans, is named in the metadata under ``input``.

    Args:
        model: From a checkpoint, on the CPU.

    Raises:
        ConfigError: If a package of the extra is missing.
        DataError: If the network takes no size, it or the intensities cannot be written as a graph,
            or the graph computes something else.
    """
    onnx = required("onnx", "lungseg export")
    net = copy.deepcopy(model.module.net).float().to(memory_format=torch.contiguous_format).eval()
    intensity = model.input.intensity
    if isinstance(intensity, Clahe | Equalize):
        raise DataError(
            f"export: {model.name} takes intensities of {type(intensity).__name__}, which"
            " counts the pixels of each slice, and no graph for all sizes can"
        )
    multiple = size_multiple(net, model.input.channels)
    if multiple is None:
        raise DataError(
            f"export: {model.name} takes images of no size that is a multiple of {MULTIPLES[-1]}"
        )
    whole = _Whole(net, model.input, multiple, model.module.padding.added).eval()
    channels = model.input.stored_channels
    proto = onnx.load_model_from_string(_traced(whole, channels, model.name))
    _strip(proto.graph)
    onnx.helper.set_model_props(
        proto, {KEY: json.dumps(metadata_of(model, multiple), allow_nan=False)}
    )
    content: bytes = proto.SerializeToString()
    _check_same(content, whole, channels, model.name)
    return content


def metadata_of(model: Model, multiple: int) -> dict[str, Any]:
    """What is kept of a checkpoint's record.

    Scans that were trained on or chosen by are known again by the hashes of their images. They are
    numbered in the order of the hashes, which tells nothing; their names and their patients'
    digests stay behind.

    Args:
        model: From a checkpoint.
        multiple: To which the graph pads height and width.
    """
    record = model.record
    scans: dict[str, str] = {}
    split: dict[str, list[str]] = {}
    for set_name, what in {"train": "training", "val": "validation"}.items():
        hashes = sorted(images_of(record, set_name))
        numbered = {f"{what} scan {k}": sha256 for k, sha256 in enumerate(hashes, start=1)}
        scans |= numbered
        split |= {set_name: list(numbered)} if numbered else {}
    intensity = model.input.intensity
    numbers = {key: value for key, value in vars(intensity).items() if _numbers(value)}
    metadata = {
        "format": FORMATS[0] if model.input.plain else FORMAT,
        "lungseg": __version__,
        "name": model.name,
        "precision": "fp32",
        "trained_precision": model.precision,
        "threshold": model.threshold,
        "batch_size": model.batch_size,
        "size_multiple": multiple,
        "padding": list(model.module.padding.added),
        "input": model.input.settings,
        "intensity": {"name": type(intensity).__name__, **numbers},
        "postprocess": model.postprocess,
        "checkpoint_sha256": model.sha256,
        "cohort_sha256": record["cohort_sha256"],
        "synthetic": record.get("synthetic"),
        "domain": model.domain,
        "image_sha256": scans,
        "split": {"train": [], **split},
    }
    if "anatomy" in record:
        metadata["anatomy"] = record["anatomy"]
    return metadata


def _numbers(value: Any) -> bool:
    """Whether a value is a number, or a tuple of such values."""
    return isinstance(value, int | float) or (
        isinstance(value, tuple) and all(_numbers(one) for one in value)
    )


class _Whole(nn.Module):
    """What `lungseg.inference.model.Model` does to HU, in operations that a graph can express."""

    def __init__(
        self, net: nn.Module, network_input: NetworkInput, multiple: int, added: Sequence[int]
    ) -> None:
        super().__init__()
        self.net = net
        self.input = network_input
        self.multiple = multiple
        self.added = added

    def forward(self, hu: Tensor) -> tuple[Tensor, Tensor]:
        """HU ``[n, c, y, x]`` to probability and logits."""
        height, width = hu.shape[-2:]
        image = self.input(hu)
        below, right = (
            more + -(length + more) % self.multiple
            for length, more in zip((height, width), self.added, strict=True)
        )
        image = functional.pad(image, (0, right, 0, below), mode="replicate")
        logits = self.net(image)[..., :height, :width]
        return logits.sigmoid(), logits


def _traced(whole: nn.Module, channels: int, name: str) -> bytes:
    axes = dict.fromkeys((INPUT, PROBABILITY, LOGITS), AXES)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "traced.onnx")
        # Of sizes that become constants, which are looked for below, and of torch's other exporter,
        # which cannot express the padding.
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                whole,
                (_hu(channels, *SIZES[1]),),
                target,
                input_names=[INPUT],
                output_names=[PROBABILITY, LOGITS],
                dynamic_axes=axes,
                opset_version=OPSET,
                dynamo=False,
            )
        except Exception as error:  # networks and the exporter raise errors of every kind
            raise DataError(
                f"export: {name} cannot be written as ONNX ({type(error).__name__})"
            ) from error
        return target.read_bytes()


def _check_same(content: bytes, whole: nn.Module, channels: int, name: str) -> None:
    """Refuse a graph that differs: what depends on the size in Python has become a constant."""
    session = required("onnxruntime", "lungseg export").InferenceSession(content)
    for size in SIZES:
        hu = _hu(channels, *size)
        with torch.inference_mode():
            expected = whole(hu)[0]
        try:
            (found,) = session.run([PROBABILITY], {INPUT: hu.numpy()})
        except Exception:  # a size that was built in
            found = None
        if found is None or not torch.allclose(
            torch.from_numpy(found), expected, rtol=0, atol=TOLERANCE
        ):
            raise DataError(
                f"export: {name} as ONNX computes something else for slices of"
                f" {size[1]} × {size[2]}: it does what no graph for all sizes can"
            )


def _hu(channels: int, n: int, height: int, width: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand((n, channels, height, width), generator=generator) * 2000 - 1000


def _strip(graph: Any) -> None:
    """Remove what the exporter notes of the place of the source code."""
    for node in graph.node:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _strip(attribute.g)
    graph.ClearField("doc_string")
