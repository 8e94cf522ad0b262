"""How far pixels are from the edge of a mask."""

from __future__ import annotations

import torch
from torch import Tensor


def signed_distance(mask: Tensor) -> Tensor:
    """Distance of each pixel to the edge of its image's mask, negative inside.

    Outside, it is the distance to the nearest pixel of the mask; inside, one minus that to the
    nearest pixel outside, so that pixels at the edge have 0. An image with an empty or a full mask
    has no edge, and 0 throughout.

    Args:
        mask: 0 or 1, any dtype, ``[..., y, x]``.

    Returns:
        In pixels, float32, same shape, on the same device. It is computed on the CPU.

    Example:
        >>> signed_distance(torch.tensor([[0, 0, 1, 1, 1, 0]]))
        tensor([[ 2.,  1.,  0., -1.,  0.,  1.]])
    """
    from scipy.ndimage import distance_transform_edt

    shape = mask.shape
    distances = torch.zeros(shape, dtype=torch.float32)
    images = zip(
        mask.bool().cpu().view(-1, *shape[-2:]), distances.view(-1, *shape[-2:]), strict=True
    )
    for image, distance in images:
        inside = image.numpy()
        if inside.any() and not inside.all():
            outward = distance_transform_edt(~inside)
            inward = distance_transform_edt(inside)
            distance.copy_(torch.from_numpy(outward - (inward - 1) * inside))
    return distances.to(mask.device)
