"""What a file describes is built from an allow list; nothing else is even imported."""

import os
import sys
from functools import partial
from types import ModuleType

import monai.networks.nets  # noqa: F401  # what is on the list may be imported, so it is at once
import pytest
from omegaconf import OmegaConf
from torch import nn

import lungseg.data.intensity
import lungseg.losses
import lungseg.models.unet  # noqa: F401
from lungseg.config import conf_dir
from lungseg.errors import ConfigError
from lungseg.runs.recorded import build_recorded

FOREIGN = [
    "os.system",
    "posix.system",
    "subprocess.Popen",
    "builtins.eval",
    "builtins.exec",
    "builtins.__import__",
    "builtins.getattr",
    "eval",
    "torch.load",
    "torch.hub.load",
    "torch.jit.load",
    "torch.utils.cpp_extension.load",
    "torch.nnx.Linear",
    "torch.optim.SGD",
    "pickle.loads",
    "importlib.import_module",
    "runpy.run_path",
    "hydra.utils.call",
    "hydra.utils.instantiate",
    "hydra.utils.get_method",
    "pathlib.Path",
    "shutil.rmtree",
    "webbrowser.open",
    "numpy.load",
    "monai.bundle.run",
    "monai.bundle.ConfigParser",
    "monai.networks_evil.Net",
    "lungseg.cli.main",
    "lungseg.config.build",
    "lungseg.config.register_resolvers",
    "lungseg.sources.lctsc.LctscFolder",
    "lungseg_evil.Net",
    "trace_left_behind.Net",
    "trace_left_behind",
    # A walk through an allowed module into what it imports.
    "torch.nn.modules.module.torch.load",
    "torch.nn.modules.module.functools.partial",
    "torch.nn.functional.torch.hub.load",
    "torch.nn.functional.boolean_dispatch",
    "torch.nn.Linear.load_state_dict",
    "torch.nn.Linear.forward.__globals__",
    "torch.nn.Parameter",
    "torch.nn.init.uniform_",
    "lungseg.models.unet.torch.load",
    "lungseg.losses.overlap.sum_over_processes",
    "lungseg.losses.combo.nn.modules.module.torch.load",
    "lungseg.losses.overlap.torch.hub.load",
    "lungseg.losses.soft_dsc",
    "lungseg.data.intensity.window.check_window",
    "lungseg.data.intensity.window.Tensor",
    "lungseg.data.intensity.windows.torch.load",
    "monai.networks.nets.unet.warnings.warn",
    "monai.networks.utils.convert_to_torchscript",
    # What is no dotted name.
    "",
    ".torch.nn.Linear",
    "torch..nn.Linear",
    "torch.nn.Linear.",
    "torch.nn.Linear ",
    " os.system",
    "torch.nn\n.Linear",
    "torch．nn．Linear",
    "тorch.nn.Linear",
    "${oc.env:HOME}",
    "torch.nn.${oc.env:HOME}",
    "../evil.py",
    7,
    None,
    ["torch.nn.Linear"],
]


@pytest.fixture
def trap(tmp_path, monkeypatch):
    """A module that can be imported, and leaves a file when it is."""
    trace = tmp_path / "trace"
    (tmp_path / "trace_left_behind.py").write_text(
        f"open({str(trace)!r}, 'w').close()\nfrom torch import nn\nfrom os import system\n"
        "class Net(nn.Module):\n"
        "    def __init__(self, **given):\n        super().__init__()\n        self.given = given\n"
        "def make(size):\n    return nn.Linear(size, 1)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(os, "system", lambda *_: trace.touch())
    yield trace
    sys.modules.pop("trace_left_behind", None)


def nestings(target):
    """The target where a description may have one."""
    node = {"_target_": target}
    net = {"_target_": "torch.nn.Sequential"}
    yield node
    yield node | {"_partial_": True}
    yield net | {"_args_": [node]}
    yield net | {"_args_": [[{"x": [node]}]]}
    yield {"_target_": "torch.nn.Linear", "in_features": node, "out_features": 1}
    yield {"_target_": "torch.nn.Linear", "in_features": {"a": {"b": node}}, "out_features": 1}
    yield net | {"_recursive_": False, "_args_": [node]}


@pytest.mark.parametrize("target", FOREIGN, ids=ascii)
def test_what_is_not_on_the_list_is_refused_before_it_is_imported(target, trap):
    loaded = set(sys.modules)
    for node in nestings(target):
        with pytest.raises(ConfigError, match="model: ") as refusal:
            build_recorded(node, "model")
        assert "\n" not in str(refusal.value)
        assert "allow_targets=" in str(refusal.value)
        if isinstance(target, str) and target.isidentifier():
            assert target in str(refusal.value)
    assert set(sys.modules) == loaded
    assert not trap.exists()


def test_a_foreign_target_behind_a_good_one_is_refused_before_either_is_built(trap):
    node = {
        "_target_": "torch.nn.Sequential",
        "_args_": [{"_target_": "torch.nn.ReLU"}, {"_target_": "trace_left_behind.Net"}],
    }
    with pytest.raises(ConfigError, match=r"names trace_left_behind\.Net"):
        build_recorded(node, "model")
    assert not trap.exists()


def test_the_setting_lets_a_package_in_and_only_that(trap):
    net = {"_target_": "trace_left_behind.Net", "width": {"_target_": "torch.nn.ReLU"}}
    made = build_recorded(net, "model", ["trace_left_behind"])
    assert isinstance(made.given["width"], nn.ReLU)
    made = build_recorded(
        {"_target_": "trace_left_behind.make", "size": 2}, "model", ["trace_left_behind.make"]
    )
    assert made.in_features == 2
    for target in ("trace_left_behind.system", "trace_left_behind.nn.Linear", "os.system"):
        with pytest.raises(ConfigError, match="is not built from a file"):
            build_recorded({"_target_": target}, "model", ["trace_left_behind"])
    with pytest.raises(ConfigError, match="is not built from a file"):
        build_recorded({"_target_": "trace_left_behind.Net"}, "model", ["trace_left"])
    with pytest.raises(ConfigError, match="is not built from a file"):
        build_recorded({"_target_": "lungseg.cli.main"}, "model", ["lungseg"])


@pytest.fixture
def offline(monkeypatch):
    """Every look-up of a host is noted and fails."""
    asked = []

    def refuse(host, *_, **__):
        asked.append(host)
        raise OSError("no network")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    return asked


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"_target_": "HoVerNet", "pretrained_url": "http://127.0.0.1:9/x"}, "pretrained_url"),
        (
            {
                "_target_": "HoVerNet",
                "_args_": ["fast", 3, 2, 0, "relu", "batch", False, 0.0, "http://127.0.0.1:9/x"],
            },
            "pretrained_url",
        ),
        ({"_target_": "Transchex"}, "path_or_repo_id"),
        ({"_target_": "TorchVisionFCModel", "weights": "DEFAULT"}, "weights"),
    ],
    ids=["named", "in order", "by default", "weights"],
)
def test_a_file_cannot_say_what_to_download(given, key, offline):
    node = given | {"_target_": f"monai.networks.nets.{given['_target_']}"}
    with pytest.raises(ConfigError, match=rf"^model\.{key}: .* would download weights"):
        build_recorded(node, "model")
    assert offline == []


@pytest.mark.parametrize("given", [{"pretrained": True}, {"_args_": ["efficientnet-b0", True]}, {}])
def test_a_network_trained_from_downloaded_weights_takes_those_of_the_file(given, offline):
    node = {"_target_": "monai.networks.nets.EfficientNetBN", "model_name": "efficientnet-b0"}
    if "_args_" in given:
        del node["model_name"]
    assert isinstance(build_recorded(node | given, "model"), nn.Module)
    assert offline == []


def test_texts_are_taken_as_they_are(monkeypatch, trap):
    monkeypatch.setenv("SECRET", "leaked")
    texts = [
        "${oc.env:SECRET}",
        "${oc.create:'{_target_: os.system, command: x}'}",
        "${nowhere}",
        "${",
        "???",
    ]
    made = build_recorded(
        {"_target_": "trace_left_behind.Net", "texts": texts}, "model", ["trace_left_behind"]
    )
    assert made.given["texts"] == texts


def test_endless_descriptions_are_refused():
    node = {"_target_": "torch.nn.Sequential", "_args_": []}
    node["_args_"].append(node["_args_"])
    with pytest.raises(ConfigError, match="more than 10000 values"):
        build_recorded(node, "model")
    bomb = []
    for _ in range(40):
        bomb = [bomb, bomb]
    with pytest.raises(ConfigError, match="more than 10000 values"):
        build_recorded({"_target_": "torch.nn.Sequential", "_args_": bomb}, "model")


@pytest.mark.parametrize("group", ["model", "intensity"])  # a loss is not built from a checkpoint
def test_all_options_that_come_with_us_can_be_built(group):
    for file in (conf_dir() / group).glob("*.yaml"):
        node = OmegaConf.to_container(OmegaConf.load(file))
        assert not isinstance(build_recorded(node, group), dict | ModuleType)


def test_what_hydra_does_with_a_description_is_done_here():
    parts = {"_target_": "torch.nn.Linear", "_args_": [3], "out_features": 2, "_convert_": "all"}
    made = build_recorded(
        {"_target_": "torch.nn.Sequential", "_args_": [parts, {"_target_": "torch.nn.ReLU"}]}, "x"
    )
    assert [type(layer) for layer in made] == [nn.Linear, nn.ReLU]
    assert (made[0].in_features, made[0].out_features) == (3, 2)
    later = build_recorded(
        {"_target_": "torch.nn.Linear", "_partial_": True, "in_features": 1}, "x"
    )
    assert isinstance(later, partial)
    assert later(out_features=4).out_features == 4
    # A class of an earlier version, by its place of then.
    with pytest.raises(ConfigError, match=r"lungseg\.splits\.Paper"):
        build_recorded({"_target_": "lungseg.data.splits.Paper"}, "x")


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"_target_": "torch.nn.Linear"}, "x.in_features: must be given"),
        ({"_target_": "torch.nn.Linear", 7: 1}, "x: "),
        ({"_target_": "torch.nn.NoSuch"}, "x: torch.nn has no NoSuch"),
        ({"_target_": "lungseg.models.nosuch.Net"}, "x: lungseg.models has no nosuch"),
        ({}, "x: has no _target_"),
        ("torch.nn.ReLU", "x: has no _target_"),
    ],
)
def test_what_cannot_be_built_is_one_line(node, message):
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")) as refusal:
        build_recorded(node, "x")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("allowed", ["mypackage", ["my package"], [""], [7], 7])
def test_the_setting_is_a_list_of_names(allowed):
    with pytest.raises(ConfigError, match="allow_targets="):
        build_recorded({"_target_": "torch.nn.ReLU"}, "x", allowed)
