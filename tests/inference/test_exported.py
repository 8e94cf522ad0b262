"""An exported model is used as a checkpoint's; a file from elsewhere is refused in one line."""

import hashlib
import json

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from lungseg.errors import ConfigError, DataError
from lungseg.inference.export import to_onnx
from lungseg.inference.exported import OnnxModel
from lungseg.inference.model import load_model
from lungseg.inference.passes import run
from lungseg.volume import Volume
from tests.inference.onnx_files import METADATA, a_model, write_identity


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("exported") / "model.onnx"
    file.write_bytes(to_onnx(a_model()))
    return file


def test_it_is_used_as_the_model_that_it_was(file):
    model, exported = a_model(), load_model(file)
    assert isinstance(exported, OnnxModel)
    assert (exported.threshold, exported.batch_size, exported.name) == (0.4, 3, "UNet")
    assert exported.domain == model.domain
    assert exported.postprocess is None
    assert exported.describe() == {
        "name": "UNet",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "cohort_sha256": "c" * 64,
        "lungseg": exported.record["lungseg"],
        "input": model.input.settings,
    }
    hu = torch.randint(-1000, 400, (3, 1, 65, 50), dtype=torch.int16)
    torch.testing.assert_close(exported.logits(hu), model.logits(hu), rtol=0, atol=2e-5)
    assert exported.logits(hu).dtype == torch.float32


@pytest.mark.parametrize(("spacing", "tta"), [((3.0, 0.8, 0.8), "none"), ((1.0, 0.5, 0.5), "flip")])
def test_a_volume_comes_out_alike(file, spacing, tta):
    voxels = np.random.default_rng(1).integers(-1000, 400, (7, 50, 60)).astype(np.int16)
    volume = Volume(voxels, np.diag([*spacing, 1.0]))
    ours, theirs = (run([one], volume, tta=tta) for one in (a_model(), load_model(file)))
    assert ours.grids == theirs.grids
    assert 0.05 < ours.mask.mean() < 0.95
    assert np.mean(ours.mask != theirs.mask) <= 1e-4
    # Bytes of the probability, between which rounding may fall.
    assert np.abs(ours.probability.astype(int) - theirs.probability).max() <= 1


def test_our_own_smallest_file_is_taken(tmp_path):
    model = load_model(write_identity(tmp_path / "a.onnx"))
    assert model.logits(torch.full((1, 1, 2, 2), 7)).tolist() == [[[[7.0, 7.0], [7.0, 7.0]]]]


def changed(**values):
    return METADATA | values


def external(proto):
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    proto.graph.initializer.append(tensor)


def external_inside(proto):
    """In a constant of a branch, where a check of the outermost graph would not look."""
    inner = onnx.ModelProto()
    external(inner)
    (tensor,) = inner.graph.initializer
    branch = helper.make_graph([helper.make_node("Constant", [], ["c"], value=tensor)], "b", [],
                               [helper.make_tensor_value_info("c", TensorProto.FLOAT, [1])])  # fmt: skip
    proto.graph.node.append(
        helper.make_node("If", ["hu"], ["c"], then_branch=branch, else_branch=branch)
    )


def foreign(domain):
    def change(proto):
        proto.graph.node.append(helper.make_node("Exec", ["hu"], ["z"], domain=domain))
        proto.opset_import.append(helper.make_opsetid(domain, 1))

    return change


def function(proto):
    made = helper.make_function("own", "F", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])],
                                [helper.make_opsetid("", 17)])  # fmt: skip
    proto.functions.append(made)


def other_input(proto):
    proto.graph.input[0].type.tensor_type.elem_type = TensorProto.INT16
    for output in proto.graph.output:
        output.type.tensor_type.elem_type = TensorProto.INT16


def unknown_operation(proto):
    proto.graph.node[0].op_type = "NoSuchOperation"


REFUSED = {
    "no metadata": (None, {}, "was not written by lungseg export: it lacks its metadata"),
    "no JSON": ("{", {}, "metadata is damaged: no JSON"),
    "deep JSON": ("[" * 100_000, {}, "metadata is damaged: no JSON"),
    "a list": ([1], {}, "metadata is damaged: no JSON object"),
    "a newer format": (changed(format=3), {}, "has format 3, and this lungseg"),
    "no threshold": ({k: v for k, v in METADATA.items() if k != "threshold"}, {},
                     "threshold is missing or of another type"),
    "a threshold of 1": (changed(threshold=1), {}, "threshold must be between 0 and 1"),
    "a batch of none": (changed(batch_size=0), {}, "batch_size must be at least 1"),
    "a batch of true": (changed(batch_size=True), {}, "batch_size is missing or of another type"),
    "weights elsewhere": (METADATA, {"c": external}, "keeps weights in another file"),
    "weights of a branch elsewhere": (METADATA, {"c": external_inside}, "weights in another file"),
    "an operation of one's own": (METADATA, {"c": foreign("evil")}, "uses an operation of 'evil'"),
    "an operation of a library": (
        METADATA, {"c": foreign("com.microsoft")}, "uses an operation of 'com.microsoft'"),
    "a function": (METADATA, {"c": function}, "defines operations of its own"),
    "another input": (METADATA, {"c": other_input}, "other inputs or outputs"),
    "a graph that is none": (METADATA, {"c": unknown_operation}, "ONNX Runtime refuses the model"),
}  # fmt: skip


@pytest.mark.parametrize(("metadata", "changes", "line"), REFUSED.values(), ids=REFUSED)
def test_a_file_from_elsewhere_is_refused(metadata, changes, line, tmp_path):
    file = write_identity(tmp_path / "Quasimodo.onnx", metadata, **changes)
    with pytest.raises(DataError, match=line) as caught:
        load_model(file)
    assert caught.value.path == file
    assert "\n" not in str(caught.value)
    assert "Quasimodo" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x08" * 1000, "half"])
def test_a_damaged_file_is_refused(content, file, tmp_path):
    damaged = tmp_path / "a.onnx"
    whole = file.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2] if content == "half" else content)
    with pytest.raises(DataError, match=r"is damaged, or is not an ONNX file|lacks its metadata"):
        load_model(damaged)


def test_a_missing_file_and_another_device(file, tmp_path):
    with pytest.raises(DataError, match="model: no such file"):
        load_model(tmp_path / "a.onnx")
    with pytest.raises(ConfigError, match="device=cuda: an exported model runs on the CPU"):
        load_model(file, device="cuda")


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named_with_its_extra(package, file, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(ConfigError) as caught:
        load_model(file)
    assert str(caught.value) == (
        f"an .onnx model needs the package {package}: pip install 'lungseg[export]'"
    )


def test_the_metadata_of_a_file_are_plain(file):
    proto = onnx.load(file)
    assert [p.key for p in proto.metadata_props] == ["lungseg"]
    assert json.loads(proto.metadata_props[0].value)["format"] == 1
