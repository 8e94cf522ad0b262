import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lungseg.data.intensity import Window


@given(
    st.lists(st.integers(-32768, 32767), min_size=1), st.integers(-2000, 0), st.integers(1, 4000)
)
def test_equals_numpy(values, lower, upper):
    hu = np.array(values, np.int16)
    expected = np.clip((hu.astype(np.float64) - lower) / (upper - lower), 0, 1)
    got = Window(lower, upper)(torch.from_numpy(hu))
    assert got.dtype == torch.float32
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(("lower", "upper"), [(0, 0), (400, -1000), (float("nan"), 1)])
def test_an_empty_window_is_refused(lower, upper):
    with pytest.raises(ValueError, match="lower must be below upper"):
        Window(lower, upper)


def test_the_input_is_left_alone():
    hu = torch.tensor([5.0])
    Window(0, 10)(hu)
    assert hu.item() == 5.0
