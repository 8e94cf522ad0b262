"""A scan field within the skin: tissue up to the edge, and whole lungs."""

from tests.phantom.kinds.conftest import BODY


def test_the_body_touches_the_edge(hard, plain):
    scan = hard["cut"]
    edges = scan.hu[scan.levels][..., [0, -1]] > BODY
    assert edges.any(axis=1).all()
    whole = plain["cut"]
    middle = whole.levels[: len(whole.levels) * 2 // 3]  # above are the arms
    assert not (whole.hu[middle][:, :40, [0, -1]] > BODY).any()


def test_the_lungs_are_complete(hard, plain):
    scan, whole = hard["cut"], plain["cut"]
    assert not scan.mask[..., [0, -1]].any()
    assert 0.97 < scan.mask.sum() * scan.voxel_ml / (whole.mask.sum() * whole.voxel_ml) < 1.03
    assert scan.spacing[1] < 0.75 * whole.spacing[1]
