"""The exported graph computes what torch does, and says nothing of whom it was trained on."""

import json
import math

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from lungseg.errors import DataError
from lungseg.inference.export import metadata_of, to_onnx
from lungseg.inference.metadata import KEY
from lungseg.models.padding import Padding
from tests.inference.onnx_files import a_model


def session_of(content):
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def metadata_in(content):
    proto = onnx.load_model_from_string(content)
    return json.loads({p.key: p.value for p in proto.metadata_props}[KEY])


def noise(*shape):
    return np.random.default_rng(0).uniform(-1100, 600, shape).astype(np.float32)


@pytest.fixture(scope="module")
def exported():
    return to_onnx(a_model())


@pytest.mark.parametrize("shape", [(1, 1, 64, 64), (2, 1, 65, 70), (3, 1, 33, 8), (5, 1, 8, 130)])
def test_any_size_gives_what_torch_gives(exported, shape):
    """Padded by hand: the last row and column repeated up to multiples of 8."""
    hu = noise(*shape)
    model = a_model()
    pads = [-length % 8 for length in shape[2:]]
    image = np.clip((hu + 1000) / 1400, 0, 1)
    image = np.pad(image, ((0, 0), (0, 0), (0, pads[0]), (0, pads[1])), mode="edge")
    with torch.inference_mode():
        expected = model.module.net(torch.from_numpy(image))[..., : shape[2], : shape[3]].numpy()
    assert expected.std() > 0.5  # something to agree on
    probability, logits = session_of(exported).run(["probability", "logits"], {"hu": hu})
    np.testing.assert_allclose(logits, expected, atol=2e-5)
    np.testing.assert_allclose(probability, 1 / (1 + np.exp(-expected)), atol=2e-6)


@pytest.mark.parametrize("shape", [(1, 1, 64, 64), (2, 1, 61, 70)])
def test_it_is_padded_by_as_much_as_in_training(shape):
    """Of (3, 10) rows and columns at least, up to multiples of 8."""
    model = a_model()
    model.module.padding = Padding((3, 10))
    below, right = {64: 8, 61: 3}[shape[2]], {64: 16, 70: 10}[shape[3]]
    hu = noise(*shape)
    image = np.clip((hu + 1000) / 1400, 0, 1)
    image = np.pad(image, ((0, 0), (0, 0), (0, below), (0, right)), mode="edge")
    with torch.inference_mode():
        expected = model.module.net(torch.from_numpy(image))[..., : shape[2], : shape[3]].numpy()
    (logits,) = session_of(to_onnx(model)).run(["logits"], {"hu": hu})
    np.testing.assert_allclose(logits, expected, atol=2e-5)


def test_the_model_itself_stays_as_it_was():
    model = a_model()
    before = model.module.net.head.weight
    to_onnx(model)
    assert model.module.net.head.weight is before
    assert not model.module.net.training


def test_a_model_trained_in_float64_is_exported_in_float32():
    model = a_model(precision="64-true")
    model.module.double()
    content = to_onnx(model)
    assert session_of(content).get_inputs()[0].type == "tensor(float)"
    assert metadata_in(content)["trained_precision"] == "64-true"
    assert model.module.dtype == torch.float64


def test_what_the_file_says_of_itself(exported):
    metadata = metadata_in(exported)
    assert metadata["image_sha256"] == {
        "training scan 1": "0" * 64,
        "training scan 2": "a" * 64,
    }
    assert metadata["split"] == {"train": ["training scan 1", "training scan 2"]}
    assert metadata["intensity"] == {"name": "Window", "lower": -1000, "upper": 400}
    assert metadata["domain"] == {"pixel_mm": [0.7, 0.9], "slice_mm": [3.0, 3.0]}
    assert metadata["anatomy"] == {"right_volume_ml": [1000.0, 3000.0]}
    expected = {"name": "UNet", "precision": "fp32", "threshold": 0.4, "batch_size": 3,
                "size_multiple": 8, "checkpoint_sha256": "f" * 64, "cohort_sha256": "c" * 64}  # fmt: skip
    assert expected.items() <= metadata.items()


def test_scans_that_the_model_was_chosen_by_are_known_too():
    model = a_model()
    model.record["split"] = {"train": ["Quasimodo"], "val": ["Esmeralda"], "test": ["Frollo"]}
    metadata = metadata_of(model, 8)
    assert metadata["split"] == {"train": ["training scan 1"], "val": ["validation scan 1"]}
    assert metadata["image_sha256"] == {
        "training scan 1": "a" * 64,
        "validation scan 1": "0" * 64,
    }


@pytest.mark.parametrize(
    "word", ["Quasimodo", "Esmeralda", "Frollo", "d" * 64, "b" * 64, "stores", ".py", "wt/export"]
)
def test_nothing_identifying_is_in_the_file(exported, word):
    """Cases, the tested scan, digests of patients, the store, and files of the source code."""
    assert word.encode() not in exported


class Pooled(nn.Module):
    """Takes multiples of 4 and does not say so."""

    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 2, 4, stride=4)
        self.up = nn.ConvTranspose2d(2, 1, 4, stride=4)

    def forward(self, image):
        return self.up(self.down(image))


def test_a_network_that_does_not_say_what_it_takes():
    model = a_model(Pooled())
    content = to_onnx(model)
    assert metadata_in(content)["size_multiple"] == 4
    hu = noise(2, 1, 50, 61)
    with torch.inference_mode():
        expected = model.module(model.input(torch.from_numpy(hu)))
    (logits,) = session_of(content).run(["logits"], {"hu": hu})
    np.testing.assert_allclose(logits, expected.numpy(), atol=1e-5)


class OneSize(nn.Conv2d):
    def forward(self, image):
        if image.shape[-1] != 100:
            raise ValueError("100 only")
        return super().forward(image)


class BySize(nn.Conv2d):
    """A decision in Python, which a graph takes once and for all."""

    def forward(self, image):
        logits = super().forward(image)
        return logits if image.shape[-1] < 90 else -logits


class NoGraph(nn.Conv2d):
    def forward(self, image):
        return super().forward(image) + torch.linalg.matrix_exp(image[..., :2, :2]).sum()


@pytest.mark.parametrize(
    ("net", "line"),
    [
        (OneSize, "export: OneSize takes images of no size that is a multiple of 128"),
        (BySize, "export: BySize as ONNX computes something else for slices of 96 × 96: it does"),
        (NoGraph, r"export: NoGraph cannot be written as ONNX \(\w+\)"),
    ],
)
def test_networks_that_no_graph_can_express_are_refused(net, line):
    with pytest.raises(DataError, match=line) as caught:
        to_onnx(a_model(net(1, 1, 3, padding=1)))
    assert "\n" not in str(caught.value)


def test_the_threshold_of_logits_is_that_of_probabilities(exported):
    """A user of the file compares probabilities; lungseg compares logits."""
    probability, logits = session_of(exported).run(None, {"hu": noise(4, 1, 64, 64)})
    masks = probability >= 0.4, logits >= math.log(0.4 / 0.6)
    assert masks[0].any()
    assert not masks[0].all()
    assert np.mean(masks[0] != masks[1]) < 1e-4
