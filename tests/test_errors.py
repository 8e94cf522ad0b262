"""What errors say, in one line."""

import pytest
from torch._utils import ExceptionWrapper

from lungseg.errors import DataError, describe


def test_an_error_in_a_process_that_loads_slices():
    """Passed on by what torch passes it on by."""
    with pytest.raises(DataError) as caught:  # noqa: PT012
        try:
            raise DataError("Case_001: mask/c.2.0.0 is damaged", "/store/Case_001.zarr")
        except DataError:
            wrapped = ExceptionWrapper(where="in DataLoader worker process 0")
        wrapped.reraise()
    assert "Traceback" in str(caught.value)
    assert describe(caught.value) == "Case_001: mask/c.2.0.0 is damaged"
