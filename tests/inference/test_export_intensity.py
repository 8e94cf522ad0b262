"""Intensities inside an exported graph, or refused in one line."""

import numpy as np
import pytest
import torch

from lungseg.data.intensity import Clahe, Equalize, Stretch, Windows
from lungseg.errors import DataError
from lungseg.inference.export import to_onnx
from lungseg.models.unet import UNet
from tests.inference.onnx_files import a_model
from tests.inference.test_export import metadata_in, noise, session_of

KNOTS = ((-1024.0, 0.0), (-900.0, 0.36), (-100.0, 0.8), (600.0, 1.0))


def window(hu, lower, upper):
    return np.clip((hu - lower) / (upper - lower), 0, 1)


CASES = {
    "windows": (
        Windows([(-1000, 400), (-160, 240)]),
        lambda hu: np.concatenate([window(hu, -1000, 400), window(hu, -160, 240)], axis=1),
        {"name": "Windows", "windows": [[-1000, 400], [-160, 240]]},
    ),
    "stretch": (
        Stretch(KNOTS),
        lambda hu: np.interp(hu, *zip(*KNOTS, strict=True)),
        {"name": "Stretch", "knots": [list(knot) for knot in KNOTS]},
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_the_graph_computes_them(what):
    intensity, by_hand, about = CASES[what]
    torch.manual_seed(0)
    model = a_model(UNet(intensity.channels_out(1), depth=1, base_channels=2), intensity=intensity)
    content = to_onnx(model)
    assert metadata_in(content)["intensity"] == about
    hu = noise(2, 1, 34, 50)
    with torch.inference_mode():
        expected = model.module.net(torch.from_numpy(by_hand(hu).astype(np.float32)))
    (logits,) = session_of(content).run(["logits"], {"hu": hu})
    np.testing.assert_allclose(logits, expected, atol=1e-5)


@pytest.mark.parametrize("intensity", [Equalize(-1000, 400), Clahe(-1000, 400)])
def test_histograms_are_refused(intensity):
    line = (
        f"export: UNet takes intensities of {type(intensity).__name__}, which counts the pixels of"
        " each slice, and no graph for all sizes can"
    )
    with pytest.raises(DataError, match=f"^{line}$"):
        to_onnx(a_model(intensity=intensity))
