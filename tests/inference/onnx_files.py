"""Models with random weights, and ONNX files that lungseg did not write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper

from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.inference.metadata import KEY
from lungseg.inference.model import Model
from lungseg.models.unet import UNet
from lungseg.training.module import SegmentationModule

IMAGES = {"Quasimodo": "a" * 64, "Esmeralda": "0" * 64, "Frollo": "b" * 64}


def a_model(
    net: torch.nn.Module | None = None, precision: str = "32-true", intensity: Any = None
) -> Model:
    """A model as from a checkpoint: three cases, one of them tested on."""
    torch.manual_seed(3)
    net = _unet() if net is None else net
    record = {
        "config": {"postprocess": None, "data": {"root": "/scans/Quasimodo"}},
        "split": {"train": ["Quasimodo", "Esmeralda"], "test": ["Frollo"]},
        "image_sha256": IMAGES,
        "cohort_sha256": "c" * 64,
        "domain": {"pixel_mm": [0.7, 0.9], "slice_mm": [3.0, 3.0]},
        "anatomy": {"right_volume_ml": [1000.0, 3000.0]},
        "patient_digests": {"key": "k", "cases": {"Quasimodo": ["d" * 64]}},
        "store": "/stores/Quasimodo",
    }
    module = SegmentationModule(net, sets=["test"]).eval()
    return Model(
        name=type(net).__name__,
        sha256="f" * 64,
        record=record,
        module=module,
        input=NetworkInput(Window(-1000, 400) if intensity is None else intensity),
        threshold=0.4,
        batch_size=3,
        precision=precision,
    )


def _unet() -> UNet:
    """With statistics that matter, and logits of either sign."""
    net = UNet(depth=3, base_channels=4).eval()
    with torch.no_grad():
        for name, buffer in net.named_buffers():
            if "running_var" in name:
                buffer.uniform_(0.02, 0.2)
            if "running_mean" in name:
                buffer.uniform_(-0.1, 0.1)
        logits = net(torch.rand(2, 1, 64, 64))
        net.head.weight *= 2 / logits.std()
        net.head.bias -= net(torch.rand(2, 1, 64, 64)).median()
    return net


METADATA = {
    "format": 1, "lungseg": "1", "name": "UNet", "precision": "fp32", "threshold": 0.5,
    "batch_size": 3, "size_multiple": 8, "checkpoint_sha256": "a", "cohort_sha256": "b",
    "domain": {}, "image_sha256": {}, "split": {},
}  # fmt: skip


def write_identity(file: Path, metadata: object = METADATA, **changes: object) -> Path:
    """A graph that returns its input as both outputs, with whatever is to be wrong with it."""
    shape = ["n", 1, "y", "x"]
    values = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
              for name in ("hu", "probability", "logits")}  # fmt: skip
    nodes = [helper.make_node("Identity", ["hu"], [name]) for name in ("probability", "logits")]
    graph = helper.make_graph(nodes, "g", [values["hu"]], [values["probability"], values["logits"]])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if metadata is not None:
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        helper.set_model_props(model, {KEY: text})
    for change in changes.values():
        change(model)
    onnx.save(model, file)
    return file
