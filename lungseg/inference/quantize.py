"""An exported model in int8: a quarter of the size."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.network_input import NetworkInput
from lungseg.errors import DataError
from lungseg.inference.extra import required
from lungseg.inference.metadata import INPUT, KEY

if TYPE_CHECKING:
    from lungseg.data.cohort import Cohort

QUANTIZED = ["Conv", "ConvTranspose", "MaxPool", "Concat", "Relu"]
"""Operations between which values stay in 8 bits."""
N_SLICES = 32
"""With which the ranges of activations are measured."""


def calibration_slices(
    cohort: Cohort, names: Sequence[str], network_input: NetworkInput
) -> Iterator[NDArray[np.float32]]:
    """Input of the graph, ``[1, c, y, x]``, for slices evenly spaced over the cases, by name.

    Args:
        cohort: Prepared cases.
        names: Of the cases that the model was trained on: no other may shape it.
        network_input: What becomes of a slice before the graph sees it.
    """
    from lungseg.data.dataset import SliceDataset

    outlines = network_input.outlines(cohort, names)
    dataset = SliceDataset(cohort, sorted(names), network_input, outlines)
    n = min(N_SLICES, len(dataset))
    for k in range(n):
        image = dataset[(2 * k + 1) * len(dataset) // (2 * n)]["image"]
        yield image.numpy().astype(np.float32)[None]


def to_int8(content: bytes, slices: Iterator[NDArray[np.float32]]) -> bytes:
    """Quantize an exported model: 8-bit weights, one scale per channel, and 8-bit activations.

    Window, padding, crop and sigmoid stay in float32.

    Args:
        content: As from `lungseg.inference.export.to_onnx`.
        slices: As from `calibration_slices`.

    Raises:
        ConfigError: If a package of the extra is missing.
        DataError: If the network contains nothing that can be quantized.
    """
    onnx = required("onnx", "lungseg export")
    quantization = required("onnxruntime.quantization", "lungseg export")

    class Slices(quantization.CalibrationDataReader):  # type: ignore[misc,name-defined]
        def get_next(self) -> Mapping[str, Any] | None:
            hu = next(slices, None)
            return None if hu is None else {INPUT: hu}

    with tempfile.TemporaryDirectory() as folder, _quiet():
        before, after = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
        before.write_bytes(content)
        quantization.quantize_static(
            before,
            after,
            Slices(),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=QUANTIZED,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
        proto = onnx.load(after)
    if not any(node.op_type == "QuantizeLinear" for node in proto.graph.node):
        raise DataError(
            "precision=int8: the network has no layer that can be quantized:"
            f" {', '.join(QUANTIZED)}"
        )
    texts = {entry.key: entry.value for entry in proto.metadata_props}
    metadata = json.loads(texts[KEY]) | {"precision": "int8"}
    del proto.metadata_props[:]  # the quantizer adds entries of its own
    onnx.helper.set_model_props(proto, {KEY: json.dumps(metadata, allow_nan=False)})
    quantized: bytes = proto.SerializeToString()
    return quantized


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the advice of the quantizer, which goes to the root logger."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
