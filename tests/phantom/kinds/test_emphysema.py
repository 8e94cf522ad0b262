"""Emphysema is low attenuation all over both lungs, and lung."""

from scipy import ndimage


def low_share(scan, part=slice(None)):
    """Share of the lungs below -950 HU, the usual measure of emphysema."""
    core = ndimage.binary_erosion(scan.mask)[scan.levels][part]
    return (scan.hu[scan.levels][part][core] < -950).mean()


def test_low_attenuation(hard, plain):
    assert 0.2 < low_share(hard["emphysema"]) < 0.7
    assert low_share(plain["emphysema"]) < 0.02


def test_more_of_it_above(hard):
    half = len(hard["emphysema"].levels) // 2
    upper, lower = (low_share(hard["emphysema"], part) for part in (slice(half, None), slice(half)))
    assert upper > 1.2 * lower > 0.1


def test_in_both_lungs(hard):
    scan = hard["emphysema"]
    lungs, count = ndimage.label(scan.mask)
    shares = ndimage.mean(1.0 * (scan.hu < -950), lungs, range(1, count + 1))
    sizes = ndimage.sum_labels(scan.mask, lungs, range(1, count + 1))
    assert (shares[sizes > 0.2 * scan.mask.sum()] > 0.15).sum() == 2


def test_overinflated(hard, plain):
    volumes = [s["emphysema"].mask.sum() * s["emphysema"].voxel_ml for s in (hard, plain)]
    assert 1.05 < volumes[0] / volumes[1] < 1.4
