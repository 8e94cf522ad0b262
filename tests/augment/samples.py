"""Seeded slices, and transforms applied to them with given numbers."""

import numpy as np
import torch

from lungseg.augment.augment import Augment

FILL = -1000.0


def slices(n=1, channels=1, size=(24, 20), seed=0):
    """Random HU and masks, as the store has them."""
    rng = np.random.default_rng(seed)
    image = torch.from_numpy(rng.integers(-1000, 1000, (n, channels, *size), dtype=np.int16))
    mask = torch.from_numpy(rng.integers(0, 2, (n, 1, *size), dtype=np.uint8))
    return image, mask


def as_hu(hu):
    """A window that changes nothing."""
    return hu.float()


def moved(image, mask, *steps, fill_hu=FILL):
    """Both after transforms with given numbers, as arrays: pairs of transform and numbers."""
    augment = Augment([transform for transform, _ in steps])
    draws = [[params for _, params in steps]] * len(image)
    image, mask = augment.apply(image, mask, draws, as_hu, fill_hu=fill_hu)
    return image.numpy(), mask.numpy()


def drawn(transform, n=2000, shape=(3, 24, 20)):
    """Many draws of one transform."""
    return [transform.draw(np.random.default_rng(seed), shape) for seed in range(n)]
