"""An exported model, run by ONNX Runtime in place of torch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lungseg.data.network_input import NetworkInput
from lungseg.errors import ConfigError, DataError
from lungseg.inference.extra import required
from lungseg.inference.metadata import INPUT, KEY, LOGITS, PROBABILITY, read_metadata

if TYPE_CHECKING:
    from torch import Tensor

SUFFIX = ".onnx"
DOMAINS = ("", "ai.onnx")
"""Of operations that the ONNX standard defines; any other is somebody's own code."""


@dataclass(frozen=True)
class OnnxModel:
    """A network from a file that ``lungseg export`` wrote; used as `Model` is.

    Attributes:
        name: Class of the network, such as ``UNet``.
        sha256: Hash of the file.
        record: Its metadata, with the keys of a checkpoint's record.
        threshold: A voxel is lung when its probability is at least this.
        batch_size: Slices per batch, as in training.
        input: What becomes of a slice before the graph sees it; intensities are in the graph.
        session: Of ONNX Runtime.
    """

    name: str
    sha256: str
    record: dict[str, Any]
    threshold: float
    batch_size: int
    input: NetworkInput
    session: Any

    @property
    def domain(self) -> dict[str, list[float]]:
        """Ranges of the training cases, by quantity (`lungseg.data.domain`)."""
        return dict(self.record["domain"])

    @property
    def postprocess(self) -> dict[str, Any] | None:
        """The post-processing with which the model was evaluated."""
        chosen: dict[str, Any] | None = self.record.get("postprocess")
        return chosen

    def logits(self, images: Tensor) -> Tensor:
        """Channels of slices, int16 ``[n, c, y, x]``, to float32 logits ``[n, 1, y, x]``."""
        import torch

        feed = {INPUT: images.float().cpu().numpy()}
        (logits,) = self.session.run([LOGITS], feed)
        return torch.from_numpy(logits)

    def describe(self) -> dict[str, Any]:
        """What ``prediction.json`` says of the model."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "cohort_sha256": self.record["cohort_sha256"],
            "lungseg": self.record["lungseg"],
            "input": self.input.settings,
        }


def load_onnx(file: Path, *, device: str = "auto") -> OnnxModel:
    """Load an exported model.

    The file may come from anywhere. Nothing in it is executed but operations that the ONNX standard
    defines: code of somebody's own and weights in other files are refused.

    Args:
        file: That ``lungseg export`` wrote.
        device: ``auto`` or ``cpu``: there is no other for it.

    Raises:
        ConfigError: If a package of the extra is missing, or the device is another one.
        DataError: If the file is missing, damaged, or not one of ours.
    """
    if device not in ("auto", "cpu"):
        raise ConfigError(f"device={device}: an exported model runs on the CPU; use its checkpoint")
    if not file.is_file():
        raise DataError("model: no such file", file)
    onnx = required("onnx", "an .onnx model")
    runtime = required("onnxruntime", "an .onnx model")
    content = file.read_bytes()
    try:
        proto = onnx.load_model_from_string(content)
    except Exception:  # of protobuf's own kind
        raise DataError("the model file is damaged, or is not an ONNX file", file) from None
    try:
        metadata = read_metadata({p.key: p.value for p in proto.metadata_props}.get(KEY))
        network_input = NetworkInput.of(lambda images: images.float(), metadata.get("input", {}))
        _refuse_foreign(proto)
    except (DataError, ValueError) as error:
        raise DataError(str(error), file) from None
    return OnnxModel(
        name=metadata["name"],
        sha256=hashlib.sha256(content).hexdigest(),
        record=metadata,
        threshold=float(metadata["threshold"]),
        batch_size=metadata["batch_size"],
        input=network_input,
        session=_session(runtime, content, file),
    )


def _session(runtime: Any, content: bytes, file: Path) -> Any:
    import torch

    options = runtime.SessionOptions()
    options.log_severity_level = 3  # errors alone, and those are raised
    options.intra_op_num_threads = torch.get_num_threads()  # as many as torch would use here
    try:
        session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own kinds of errors share no base
        raise DataError(
            f"ONNX Runtime refuses the model file ({type(error).__name__})", file
        ) from None
    inputs = [(node.name, node.type, len(node.shape)) for node in session.get_inputs()]
    outputs = {node.name for node in session.get_outputs()}
    if inputs != [(INPUT, "tensor(float)", 4)] or not {PROBABILITY, LOGITS} <= outputs:
        raise DataError("the model file has other inputs or outputs than an exported model", file)
    return session


def _refuse_foreign(proto: Any) -> None:
    """Refuse what is not in the file, or not in the standard."""
    if proto.functions:
        raise DataError("the model file defines operations of its own, which are not run")
    for graph in _graphs(proto.graph):
        for node in graph.node:
            if node.domain not in DOMAINS:
                raise DataError(
                    f"the model file uses an operation of {ascii(node.domain)[:60]}, not of the"
                    " ONNX standard; it is not run"
                )
        for tensor in _tensors(graph):
            if tensor.data_location == tensor.EXTERNAL or tensor.external_data:
                raise DataError(
                    "the model file keeps weights in another file; an exported model is one file"
                )


def _graphs(graph: Any) -> Iterator[Any]:
    """A graph, and those inside its nodes."""
    waiting = [graph]
    while waiting:
        one = waiting.pop()
        yield one
        for node in one.node:
            for attribute in node.attribute:
                waiting += [attribute.g] if attribute.HasField("g") else []
                waiting += attribute.graphs


def _tensors(graph: Any) -> Iterator[Any]:
    sparse = list(graph.sparse_initializer)
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors
            sparse += [attribute.sparse_tensor, *attribute.sparse_tensors]
    for one in sparse:
        yield one.values
        yield one.indices
