"""What a class of ours refuses is refused before torch is imported, in the same words."""

import pytest

from lungseg.arguments import CHECKS, check_arguments
from lungseg.config import build
from lungseg.errors import ConfigError

REFUSED = {
    "alpha": ("lungseg.losses.ComboLoss", {"alpha": 1.5}),
    "alpha that is a word": ("lungseg.losses.ComboLoss", {"alpha": "half"}),
    "beta": ("lungseg.losses.ComboLoss", {"beta": -0.1}),
    "smooth": ("lungseg.losses.DiceLoss", {"smooth": 0}),
    "reduction": ("lungseg.losses.ComboLoss", {"reduction": "mean"}),
    "empty slices": ("lungseg.losses.DiceLoss", {"reduction": "batch"}),
    "power": ("lungseg.losses.TverskyLoss", {"gamma": 0}),
    "weight of the boundary": ("lungseg.losses.BoundaryLoss", {"weight": -1}),
    "weights of levels": ("lungseg.losses.DeepSupervision", {"weights": [0]}),
    "deep supervision": ("lungseg.models.unet.UNet", {"deep_supervision": 1}),
    "depth": ("lungseg.models.unet.UNet", {"depth": 0}),
    "channels": ("lungseg.models.unet.UNet", {"base_channels": 1.5}),
    "limit of channels": ("lungseg.models.unet.UNet", {"max_channels": 1}),
    "norm": ("lungseg.models.unet.UNet", {"norm": "layer"}),
    "residual": ("lungseg.models.unet.UNet", {"residual": "yes"}),
    "window": ("lungseg.data.intensity.Window", {"upper": -2000}),
    "windows": ("lungseg.data.intensity.Windows", {"windows": [[0, 0]]}),
    "knots": ("lungseg.data.intensity.Stretch", {"knots": [[0, 0], [1, 0.5]]}),
    "half a HU": ("lungseg.data.intensity.Equalize", {"upper": 0.5}),
    "clip limit": ("lungseg.data.intensity.Clahe", {"clip_limit": 2}),
    "lungs": ("lungseg.inference.postprocess.Lungs", {"n_lungs": 3}),
    "share of lungs": ("lungseg.inference.postprocess.Lungs", {"min_share": 1.5}),
    "kind of patient": ("lungseg.sources.phantom.PhantomFolder", {"kinds": ["bulla", "bula"]}),
    "kind that is no word": ("lungseg.sources.phantom.PhantomFolder", {"kinds": {"bulla": 1}}),
    "window that is a word": ("lungseg.data.intensity.Window", {"upper": "high"}),
}
WHOLE = {
    "lungseg.training.swa.SWA": {"start_epoch": 3},
    "lungseg.training.ema.EMA": {},
    "lungseg.data.sampling.hard.Hard": {},
    "lungseg.data.sampling.foreground.Foreground": {},
    "lungseg.data.sampling.balanced.Balanced": {},
    "lungseg.losses.ComboLoss": {
        **{"alpha": 0.5, "beta": 0.5, "smooth": 1, "reduction": "sample", "empty": "skip"}
    },
    "lungseg.losses.DiceLoss": {"smooth": 1, "reduction": "sample", "empty": "skip"},
    "lungseg.losses.TverskyLoss": {
        **{"alpha": 0.3, "beta": 0.7, "gamma": 1, "smooth": 1, "reduction": "batch"}
    },
    "lungseg.losses.BoundaryLoss": {"region": {"_target_": "lungseg.losses.BCELoss"}, "weight": 1},
    "lungseg.losses.DeepSupervision": {
        **{"loss": {"_target_": "lungseg.losses.BCELoss"}, "weights": [1, 0.5]}
    },
    "lungseg.models.unet.UNet": {
        "depth": 1,
        "base_channels": 2,
        "max_channels": 3,
        "residual": True,
        "norm": "group",
    },
    "lungseg.data.intensity.Window": {"lower": -1000, "upper": 400},
    "lungseg.data.intensity.Windows": {"windows": [[-1000, 400], [-160, 240]]},
    "lungseg.data.intensity.Stretch": {"knots": [[-1000, 0], [0, 0.9], [400, 1]]},
    "lungseg.data.intensity.Equalize": {"lower": -1000, "upper": 400},
    "lungseg.data.intensity.Clahe": {"lower": 0, "upper": 9, "clip_limit": 0.1, "tiles": 4},
    "lungseg.inference.postprocess.Lungs": {
        "n_lungs": 2,
        "min_share": 0.05,
        "fill_holes": True,
        "cut_airways": False,
    },
    "lungseg.sources.phantom.PhantomFolder": {
        **{"root": "x", "n_cases": 1, "size": 32, "n_slices": 12, "seed": 0}
    },
}


@pytest.mark.parametrize(("target", "changed"), REFUSED.values(), ids=REFUSED)
def test_the_class_and_the_check_say_the_same(target, changed):
    node = {"_target_": target, **WHOLE[target], **changed}
    with pytest.raises(ConfigError) as early:
        check_arguments(node, "key")
    with pytest.raises(ConfigError) as built:
        build(node, "key")
    assert str(early.value) == str(built.value)
    assert str(early.value).startswith("key: ")


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"size": 8}, "data: size must be at least 32, got 8"),
        ({"n_cases": "many"}, "data: n_cases must be a whole number of at least 1, got 'many'"),
        ({"seed": -1}, "data: seed must be at least 0, got -1"),
    ],
)
def test_a_synthetic_cohort(changed, line):
    target = "lungseg.sources.phantom.PhantomFolder"
    with pytest.raises(ConfigError, match=line):
        check_arguments({"_target_": target, **WHOLE[target], **changed}, "data")


@pytest.mark.parametrize("target", WHOLE)
def test_what_is_in_range_passes(target):
    check_arguments({"_target_": target, **WHOLE[target]}, "key")
    build({"_target_": target, **WHOLE[target]}, "key")


def test_every_check_is_tried_here():
    made_later = {
        "lungseg.training.mlflow_run.start_run",
        "lungseg.training.wandb_run.start_run",
        "lungseg.training.warmup.warmup_cosine",
    }
    assert {*WHOLE, *made_later} == {*CHECKS}


def test_the_mode_of_wandb():
    node = {"_target_": "lungseg.training.wandb_run.start_run", "project": "lungseg"}
    check_arguments({**node, "mode": "online"}, "logger")
    with pytest.raises(ConfigError, match="logger.mode=sometimes: must be offline or online"):
        check_arguments({**node, "mode": "sometimes"}, "logger")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"tracking_uri": "mlruns"}, "tracking_uri must be the address of a server .*'mlruns'"),
        ({"tracking_uri": "file:///mlruns"}, "tracking_uri must be the address"),
        ({"tags": ["mine"]}, "tags must be names with values"),
    ],
)
def test_the_store_of_mlflow(settings, line):
    node = {"_target_": "lungseg.training.mlflow_run.start_run"}
    for address in ("http://127.0.0.1:5000", "sqlite:///a.db", "databricks", None):
        check_arguments({**node, "tracking_uri": address, "tags": {"a": 1}}, "logger.mlflow")
    with pytest.raises(ConfigError, match=f"logger.mlflow: {line}"):
        check_arguments({**node, **settings}, "logger.mlflow")


@pytest.mark.parametrize(
    "node", [{}, {"_target_": "torch.nn.Linear", "in_features": -1}, {"_target_": "lungseg.losses.ComboLoss", "gamma": 1}]
)  # fmt: skip
def test_the_rest_is_left_to_building(node):
    check_arguments(node, "key")
