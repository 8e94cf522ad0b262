"""Small stored cohorts with geometry that tells axes, directions and cases apart."""

import numpy as np

from lungseg.data.case import Case
from lungseg.data.cohort import Cohort
from lungseg.data.store import write_case
from lungseg.volume import Volume

SHAPE = (24, 6, 5)


def stored(folder, names, patients=None, mask=True):
    cases = {}
    for k, name in enumerate(names):
        random = np.random.default_rng(k)
        hu = random.integers(-100, 150, SHAPE, dtype=np.int16)
        lung = np.zeros(SHAPE, np.uint8)
        lung[3:20, 1:4, 2:4] = 1  # reaches further to one end of each axis
        hu[lung == 1] -= 875  # as air, or the mask would be taken for another scan's
        affine = np.zeros((4, 4))
        affine[[2, 1, 0, 3], range(4)] = 2.5, 0.75, 0.5, 1
        affine[:3, 3] = -180.25 + k, -170.5, -500.75
        header = {"sex": "", "scanner": "", "synthetic": True}
        found = {"findings": []}
        case = Case(name, Volume(hu, affine), lung if mask else None, header, found, f"{k}")
        cases[name] = write_case(folder, case, "state")
    return Cohort(str(folder), cases, patients or {})
