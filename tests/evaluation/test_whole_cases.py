"""What is counted is what is delivered: masks after post-processing."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from lungseg.data.datamodule import SliceDataModule
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.prepare import prepare
from lungseg.data.store import open_arrays
from lungseg.evaluation.collect import unpack
from lungseg.evaluation.conventions import Conventions, Weights
from lungseg.evaluation.run import Task, evaluate
from lungseg.evaluation.whole_cases import Slice, WholeCases
from lungseg.inference.postprocess import Lungs
from lungseg.sources.lctsc import LctscFolder
from lungseg.training.module import SegmentationModule
from tests.training.test_sizes import trainer


def test_a_case_is_processed_once_it_is_whole():
    seen = []

    def upside_down(mask, spacing_mm):
        seen.append((mask.shape, tuple(spacing_mm)))
        return mask[::-1]

    done = []
    cases = WholeCases([3, 2], [(3, 1, 1), (5, 2, 2)], upside_down, done.append)
    masks = np.random.default_rng(0).random((5, 4, 4)) > 0.5
    reference = np.random.default_rng(1).random((5, 4, 4)) > 0.5
    for k, (case, z) in enumerate([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]):
        cases.add(Slice(case, z, masks[k], reference[k]))
        assert len(done) == (0 if k < 2 else 3 if k < 4 else 5)
    assert seen == [((3, 4, 4), (3, 1, 1)), ((2, 4, 4), (5, 2, 2))]
    for one, k, source in zip(done, range(5), [2, 1, 0, 4, 3], strict=True):
        np.testing.assert_array_equal(one.prediction, masks[source])
        np.testing.assert_array_equal(one.reference, reference[k])
    case, z, tp, fp, fn, tn = cases.rows()[3]
    assert (case, z) == (1, 0)
    assert (tp, fp, fn, tn) == (
        (masks[4] & reference[3]).sum(),
        (masks[4] & ~reference[3]).sum(),
        (~masks[4] & reference[3]).sum(),
        (~masks[4] & ~reference[3]).sum(),
    )


class Dark(nn.Module):
    """What is darker than soft tissue is lung: the air around the patient too, and bowel gas."""

    def forward(self, image):
        return 20 * (0.4 - image)


@pytest.fixture(scope="module")
def evaluated(phantom_root, tmp_path_factory):
    """A network's evaluation, with post-processing and without."""
    store = tmp_path_factory.mktemp("cohort") / "store"
    cohort = prepare(LctscFolder(phantom_root), store)
    net = Dark().eval()
    sets = {"test": cohort.names[:3]}

    def run(postprocess):
        module = SegmentationModule(net, None, partial(torch.optim.SGD, lr=0.1), sets=["test"])
        data = SliceDataModule(
            cohort,
            sets,
            NetworkInput(Window(-1000, 400)),
            batch_size=5,
            num_workers=0,
            cache_gib=1,
            seed=0,
        )
        folder = tmp_path_factory.mktemp("evaluated")
        conventions = Conventions(0.5, "zero", repr(postprocess) if postprocess else "")
        weights = Weights("last.ckpt", 1)
        return evaluate(
            Task(module, data, trainer(), cohort, folder, conventions, weights, postprocess)
        )

    return cohort, run(None), run(Lungs(min_share=0.3))


def masks_of(evaluation, cohort, case):
    shape = cohort.cases[case]["fingerprint"]["shape"]
    k = cohort.names.index(case)
    return np.stack([unpack(evaluation.masks[k, z], tuple(shape[1:])) for z in range(shape[0])])


def test_counts_are_those_of_the_processed_masks(evaluated):
    cohort, before, after = evaluated
    changed = 0
    for name in cohort.names[:3]:
        spacing = cohort.cases[name]["spacing_mm"]
        raw = masks_of(before, cohort, name)
        wanted = Lungs(min_share=0.3)(raw.copy(), spacing)
        np.testing.assert_array_equal(masks_of(after, cohort, name), wanted)
        changed += np.count_nonzero(raw != wanted)
        reference = open_arrays(cohort.store, name)[1][:] > 0
        rows = after.slices[after.slices["case"] == name]
        np.testing.assert_array_equal(rows["tp"], (wanted & reference).sum(axis=(1, 2)))
        np.testing.assert_array_equal(rows["fp"], (wanted & ~reference).sum(axis=(1, 2)))
        dsc = after.cases.set_index("case").loc[name, "dsc"]
        assert dsc == pytest.approx(
            2 * (wanted & reference).sum() / (wanted.sum() + reference.sum())
        )
    assert changed  # or the test would say nothing
    assert after.summary["test"]["postprocess"] == repr(Lungs(min_share=0.3))
    assert "postprocess" not in before.summary["test"]


def test_curves_are_of_the_probabilities_before_it(evaluated):
    _, before, after = evaluated
    assert before.curve.equals(after.curve)
