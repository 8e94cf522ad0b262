"""Members with inputs of their own, and cases of different size, beside the loop of predict."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lungseg.data.ensemble_data import EnsembleData
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.prepare import prepare
from lungseg.data.store import open_arrays
from lungseg.errors import DataError
from lungseg.evaluation.ensemble import Ensemble
from lungseg.inference.model import Model
from lungseg.inference.passes import run
from lungseg.models.unet import UNet
from lungseg.sources.lctsc import LctscFolder
from lungseg.training.module import SegmentationModule
from lungseg.volume import Volume


def model(seed, network_input):
    torch.manual_seed(seed)
    net = UNet(in_channels=network_input.channels, base_channels=4, depth=1)
    module = SegmentationModule(net, sets=["test"]).eval()
    return Model("UNet", "", {}, module, network_input, 0.5, 3, "32-true")


@pytest.fixture(scope="module")
def cohort(mixed_sizes_root, tmp_path_factory):
    return prepare(LctscFolder(mixed_sizes_root), tmp_path_factory.mktemp("ensemble") / "store")


MODELS = [
    model(0, NetworkInput(Window(-1000, 400))),
    model(1, NetworkInput(Window(-1400, 200), outside="channel", crop="body")),
    model(2, NetworkInput(Window(-160, 240), context=1, matrix_size=40)),
    model(3, NetworkInput(Window(-600, 400))),
]


@pytest.mark.parametrize("members", [MODELS, MODELS[1:3]], ids=["with plain ones", "none plain"])
def test_masks_and_probabilities_are_those_of_predict(cohort, members):
    cases = [cohort.names[k] for k in (0, 3)]
    data = EnsembleData(cohort, cases, [one.input for one in members], batch_size=3, num_workers=0)
    ensemble = Ensemble(members, threshold=0.5, record={}).eval()
    made = {}
    for batch in data.test_dataloader()[0]:
        batch = data.on_after_batch_transfer(batch, 0)
        logits = ensemble.own_logits(batch)
        assert logits.shape == batch["mask"].shape == batch["picture"].shape
        keys = zip(batch["case"].tolist(), batch["z"].tolist(), strict=True)
        made |= dict(zip(keys, logits[:, 0], strict=True))
    # Random networks call nothing lung at 0.5.
    threshold = float(torch.cat([one.sigmoid().flatten() for one in made.values()]).median())
    ensemble = Ensemble(members, threshold=threshold, record={})
    members = [replace(one, threshold=threshold) for one in members]
    n = 0
    for name in cases:
        image, _ = open_arrays(cohort.store, name)
        volume = Volume(image[:], np.array(cohort.cases[name]["affine"]))
        expected = run(members, volume)
        for z in range(len(volume.voxels)):
            logits = made.pop((cohort.names.index(name), z))
            mask, probability = ensemble.predict_mask(logits).numpy(), logits.sigmoid().numpy()
            sure = np.abs(probability - threshold) > 1e-5  # batches of other sizes round otherwise
            np.testing.assert_array_equal(mask[sure], expected.mask[z][sure])
            assert np.abs(probability * 255 - expected.probability[z]).max() < 0.51
            n += mask[sure].sum()
    assert made == {}
    assert n > 1000


def test_a_context_that_a_case_does_not_have_is_refused(cohort):
    deep = NetworkInput(Window(-1000, 400), context=50)
    with pytest.raises(DataError, match=cohort.names[0]):
        EnsembleData(cohort, cohort.names, [deep], batch_size=1, num_workers=0)
