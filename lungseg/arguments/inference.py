"""What the steps after the network accept."""

from __future__ import annotations

from typing import Any


def check_lungs(*, n_lungs: object = 2, min_share: object = 0.05, **_: Any) -> None:
    """Check the arguments of :class:`lungseg.inference.postprocess.Lungs`.

    Raises:
        ValueError: If one is out of range.
    """
    if n_lungs not in (1, 2) or isinstance(n_lungs, bool):
        raise ValueError(f"n_lungs must be 1 or 2, got {n_lungs}")
    if not isinstance(min_share, int | float) or not 0 <= min_share <= 1:
        raise ValueError(f"min_share must be between 0 and 1, got {min_share}")
