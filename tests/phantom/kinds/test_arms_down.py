"""Arms beside the body: two more limbs with bone in the slices of the lungs."""

from scipy import ndimage

from tests.phantom.kinds.conftest import BODY


def limbs(scan):
    """Pieces of soft tissue with bone in the lowest slice with lung."""
    parts, count = ndimage.label(scan.hu[scan.levels[0]] > BODY)
    with_bone = ndimage.maximum(scan.hu[scan.levels[0]], parts, range(1, count + 1)) > 300
    sizes = ndimage.sum_labels(parts > 0, parts, range(1, count + 1))
    return (with_bone & (sizes > 30)).sum()


def test_arms_beside_the_trunk(hard, plain):
    assert limbs(hard["arms_down"]) == 3
    assert limbs(plain["arms_down"]) == 1


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
