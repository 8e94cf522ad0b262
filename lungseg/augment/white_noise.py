"""Random fields that can be made again from a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SEEDS = 2**32


def white_noise(seed: int, like: Tensor) -> Tensor:
    """Independent standard normal numbers.

    Args:
        seed: Below :data:`SEEDS`.
        like: Of the shape, dtype and device that are wanted. Kinds of devices make different
            fields of one seed.

    Example:
        >>> import torch
        >>> like = torch.zeros(2, 3)
        >>> torch.equal(white_noise(1, like), white_noise(1, like))
        True
    """
    import torch

    generator = torch.Generator(device=like.device).manual_seed(seed)
    return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)
