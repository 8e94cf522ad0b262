"""The plain cohort stays as it was: stores, runs and figures of earlier versions depend on it."""

import numpy as np
import pytest

# Of each case: voxels of the mask, and HU at three places, before there were harder patients.
BEFORE = (
    *((467, [227, 144, 105]), (396, [45, 109, -665]), (408, [70, -224, -270])),
    *((468, [90, -342, -271]), (443, [12, -624, -284]), (469, [104, -404, 331])),
    *((441, [54, 41, -622]), (621, [131, -299, 87]), (418, [-44, -486, -149])),
    *((429, [62, -101, -607]), (393, [-18, -595, -1000]), (578, [99, 115, -778])),
)
PLACES = ([1, 5, 8], [16, 20, 12], [16, 10, 22])


def test_patients_and_their_noise(cases):
    for case, (mask, hu) in zip(cases, BEFORE, strict=True):
        assert case.kind == ""
        # Processors round the last bit differently.
        assert case.mask.sum() == pytest.approx(mask, abs=1)
        np.testing.assert_allclose(case.image[PLACES], hu, atol=1)
