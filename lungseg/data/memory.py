"""Cases kept in memory from one job of a sweep to the next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

Key = tuple[str, ...]
"""Store, name of the case, hash of its content; and what was made of it, and where that is,
if anything."""

_kept: dict[Key, Any] = {}


def kept(key: Key, read: Callable[[], Any]) -> Any:
    """Slices of a case, read only if no earlier run of this process has read them.

    Args:
        key: Identifies the content.
        read: Reads or makes it.
    """
    if key not in _kept:
        _kept[key] = read()
    return _kept[key]


def are_kept(keys: Collection[Key]) -> bool:
    """Whether an earlier run of this process has read them all."""
    return set(keys) <= _kept.keys()


def forget_others(keys: Collection[Key]) -> None:
    """Free the memory of all cases but these."""
    for key in _kept.keys() - set(keys):
        del _kept[key]


def fits(gib: float, device: torch.device) -> bool:
    """Whether slices take at most half of what is free on a device; a warning says if they do not.

    On other devices than NVIDIA's and AMD's, which do not say what is free, they always fit.
    """
    if device.type != "cuda":
        return True
    import torch

    torch.cuda.empty_cache()  # what torch has reserved and does not use counts as taken
    free = torch.cuda.mem_get_info(device)[0] / (1 << 30)
    if gib > free / 2:
        log.warning(
            f"data.cache=device: slices take {gib:.1f} GiB, more than half of the {free:.1f} GiB"
            f" that are free on {device}, so they stay in memory"
        )
    return gib <= free / 2
