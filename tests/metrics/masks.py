"""Random masks for tests: empty, full and mixed ones equally often."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


@st.composite
def mask_pairs(draw):
    """Predictions and references ``[n, pixels]``, bool."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 12)))

    def masks():
        mixed = draw(hnp.arrays(np.bool_, shape))
        kinds = draw(hnp.arrays(np.int8, (shape[0], 1), elements=st.integers(0, 3)))
        return np.where(kinds == 0, False, np.where(kinds == 1, True, mixed))

    return masks(), masks()


def count(prediction, reference):
    """tp, fp, fn, tn of each row."""
    return tuple(
        np.sum(both, axis=1)
        for both in (
            prediction & reference,
            prediction & ~reference,
            ~prediction & reference,
            ~prediction & ~reference,
        )
    )
