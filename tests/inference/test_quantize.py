"""An int8 model: calibrated on training slices alone, the same masks, a quarter of the weights."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from lungseg.data.case import Case
from lungseg.data.cohort import Cohort
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.store import write_case
from lungseg.errors import DataError
from lungseg.inference.export import to_onnx
from lungseg.inference.exported import load_onnx
from lungseg.inference.quantize import calibration_slices, to_int8
from lungseg.volume import Volume
from tests.inference.onnx_files import a_model

PLAIN = NetworkInput(Window(-1000, 400))


def cohort_of(folder, sizes):
    """Cases whose slices have the HU 100 * case + z."""
    cases = {}
    for index, (name, n) in enumerate(sizes.items()):
        voxels = np.empty((n, 8, 6), np.int16)
        voxels[:] = (100 * index + np.arange(n))[:, None, None]
        mask = np.zeros(voxels.shape, np.uint8)
        case = Case(name, Volume(voxels, np.eye(4)), mask, {}, {"findings": []}, "0")
        cases[name] = write_case(folder, case, "0")
    return Cohort(str(folder), cases)


def test_slices_are_spread_over_the_given_cases(tmp_path):
    """64 slices of two cases: every second one, from the second on; of the third case none."""
    cohort = cohort_of(tmp_path, {"b": 44, "a": 20, "c": 30})
    slices = list(calibration_slices(cohort, ["b", "a"], PLAIN))
    assert all(one.shape == (1, 1, 8, 6) and one.dtype == np.float32 for one in slices)
    expected = [*range(101, 120, 2), *range(1, 44, 2)]  # a comes first by name
    assert [one.max() for one in slices] == [one.min() for one in slices] == expected
    few = list(calibration_slices(cohort, ["c"], PLAIN))
    assert [one.max() for one in few] == list(range(200, 230))


def noise(n, seed):
    generator = np.random.default_rng(seed)
    return generator.uniform(-1100, 500, (n, 1, 48, 48)).astype(np.float32)


def test_the_masks_stay_and_the_weights_are_bytes(tmp_path):
    before = to_onnx(a_model())
    content = to_int8(before, iter(np.split(noise(8, 0), 8)))
    (tmp_path / "a.onnx").write_bytes(content)
    model = load_onnx(tmp_path / "a.onnx")
    assert model.record["precision"] == "int8"
    old, new = (onnx.load_model_from_string(one) for one in (before, content))
    assert [p.key for p in new.metadata_props] == ["lungseg"]
    (was,) = (json.loads(p.value) for p in old.metadata_props)
    assert model.record == was | {"precision": "int8"}
    hu = noise(3, 1)[..., :45]  # padded inside
    (expected,) = onnxruntime.InferenceSession(before).run(["logits"], {"hu": hu})
    logits = model.logits(torch.from_numpy(hu)).numpy()
    assert logits.shape == (3, 1, 48, 45)
    assert np.std(expected) > 0.5
    assert 0 < np.abs(logits - expected).mean() < 0.1 * np.std(expected)
    bytes_of_weights = [one for one in new.graph.initializer
                        if one.data_type == onnx.TensorProto.INT8 and len(one.dims) == 4]  # fmt: skip
    assert len(bytes_of_weights) == 18  # of a U-Net of depth 3: 14 + 3 + 1 convolutions
    scales = [list(one.dims) for one in new.graph.initializer if one.name.endswith("_scale")]
    assert [32] in scales  # one per channel of the bottleneck


class Nothing(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, image):
        return image * self.scale


def test_a_network_without_convolutions_is_refused():
    with pytest.raises(
        DataError, match="precision=int8: the network has no layer that can be quantized: Conv"
    ):
        to_int8(to_onnx(a_model(Nothing())), iter(np.split(noise(2, 0), 2)))
