"""Arms beside the body: bone far outside the ribs in the slices of the lungs."""

import numpy as np

from tests.phantom.kinds.conftest import BODY


def sides_with_an_arm(scan):
    """On how many sides there is bone further out than any rib, in the lowest slice with lung.

    Marrow and cortex of thin bones blend in pixels this large.
    """
    columns = (scan.hu[scan.levels[0]] > 150).any(axis=0).nonzero()[0]
    x = (columns - (scan.hu.shape[2] - 1) / 2) * scan.spacing[2]
    return len({*np.sign(x[abs(x) > 178])})


def test_arms_beside_the_trunk(hard, plain):
    assert sides_with_an_arm(hard["arms_down"]) == 2
    assert sides_with_an_arm(plain["arms_down"]) == 0


def test_the_arms_are_complete(hard):
    """At the level of the lungs, where arms beside the head would not be."""
    scan = hard["arms_down"]
    body = scan.hu[scan.levels] > BODY
    assert not body[..., [0, -1]].any()


def test_no_arms_beside_the_head(hard, plain):
    def width(scan):
        columns = (scan.hu[-2] > BODY).any(axis=0).nonzero()[0]
        return (columns[-1] - columns[0]) * scan.spacing[2]

    assert width(hard["arms_down"]) < 240
    assert width(plain["arms_down"]) > 350


def test_the_lungs_stay(hard, plain):
    volumes = [s["arms_down"].mask.sum() * s["arms_down"].voxel_ml for s in (hard, plain)]
    assert 0.95 < volumes[0] / volumes[1] < 1.05
