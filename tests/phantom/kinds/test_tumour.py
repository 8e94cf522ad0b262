"""A tumour is a mass of soft tissue at the chest wall, where there was lung, and no lung."""

from scipy import ndimage


def test_a_mass_at_the_wall(hard, plain):
    scan, without = hard["tumour"], plain["tumour"]
    mass = without.mask & ~scan.mask
    assert 30 < mass.sum() * scan.voxel_ml < 250
    assert not (scan.mask & ~without.mask).any()
    inside = ndimage.binary_erosion(mass, ndimage.generate_binary_structure(3, 1))
    assert 15 < scan.hu[inside].mean() < 70
    parts, count = ndimage.label(mass)
    assert max(ndimage.sum_labels(mass, parts, range(1, count + 1))) > 0.95 * mass.sum()
    # On a broad base: a good part of its surface touches what never was lung.
    surface = ndimage.binary_dilation(mass) & ~mass
    assert 0.2 < (surface & ~without.mask).sum() / surface.sum() < 0.8


def test_the_rest_of_the_lungs_stays(hard, plain):
    scan, without = hard["tumour"], plain["tumour"]
    far = scan.mask & ~ndimage.binary_dilation(without.mask & ~scan.mask, iterations=2)
    assert abs(scan.hu - without.hu)[far].mean() < 2
