"""A small picture that shows whether a case was read correctly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lungseg.volume import Volume

SIDE = 200
"""Usual width of a plane's box in pixels; the wider of the patient's two widths fills it."""
TALLEST = 1.5
"""Height of the picture in widths of a plane's box, at most."""
GAP = 4
WINDOW = (-1350, 150)
"""HU that are black and white: the usual window of lungs, level -600, width 1500."""

RIGHT, LEFT, BOTH = (255, 140, 60), (90, 190, 255), (255, 225, 60)
"""Colours of the outline: patient's right lung, left lung, and lung of a side not known."""

STEP = 8
"""Step in pixels when searching for the middle: a lung is far larger."""


def preview(
    volume: Volume,
    mask: NDArray[np.uint8] | None,
    sides: NDArray[np.uint8] | None,
    side: int = SIDE,
) -> NDArray[np.uint8]:
    """Axial, coronal and sagittal plane next to each other, with the mask's outline.

    Head up, the patient's right on the viewer's left, in the sagittal plane the front on the left;
    the same scale for all three. Each plane is the one with most of the mask (the sagittal one with
    most of the larger lung, if sides are known), or the middle one without mask voxels.

    Args:
        volume: Image, HU, ``[z, y, x]``.
        mask: 0 or 1, uint8 ``[z, y, x]``, or None.
        sides: uint8 ``[z, y, x]``: 1 the patient's right lung, 2 the left; None if not known.
        side: Width of a plane's box in pixels.

    Returns:
        uint8 ``[h, w, 3]``: three boxes of `side` pixels, separated by `GAP` black ones.
    """
    labels = mask if sides is None else sides
    if labels is None:
        labels = np.broadcast_to(np.uint8(0), volume.voxels.shape)
        z, y, x = _centre(labels.shape)
    else:
        z, y, x = _middle(labels)
    size = np.array(volume.voxels.shape) * volume.spacing
    scale = min(side / size[1:].max(), TALLEST * side / size.max())
    deep, high, wide = (max(1, round(mm * scale)) for mm in size)
    colours = {1: BOTH} if sides is None else {1: RIGHT, 2: LEFT}
    image = volume.voxels
    # Slices run from the feet up, and the first row of a picture is its top.
    planes = [
        _plane(image[z], labels[z], (high, wide), colours),
        _plane(image[::-1, y], labels[::-1, y], (deep, wide), colours),
        _plane(image[::-1, :, x], labels[::-1, :, x], (deep, high), colours),
    ]
    tall = max(len(plane) for plane in planes)
    canvas = np.zeros((tall, 3 * side + 2 * GAP, 3), np.uint8)
    for k, plane in enumerate(planes):
        h, w, _ = plane.shape
        top, left = (tall - h) // 2, k * (side + GAP) + (side - w) // 2
        canvas[top : top + h, left : left + w] = plane
    return canvas


def _centre(shape: tuple[int, ...]) -> tuple[int, int, int]:
    z, y, x = (n // 2 for n in shape)
    return z, y, x


def _middle(labels: NDArray[np.uint8]) -> tuple[int, int, int]:
    """Indices of the three planes."""
    for step in (STEP, 1):  # a very small mask may be missed with the larger step
        start = step // 2 if min(labels.shape[1:]) >= step else 0
        seen = np.ascontiguousarray(labels[:, start::step, start::step])
        if seen.any():
            break
    else:
        return _centre(labels.shape)
    lung = seen > 0
    larger = max((1, 2), key=lambda side: np.count_nonzero(seen == side))
    across = (seen == larger).sum(axis=0, dtype=np.int32)
    return (
        int(np.count_nonzero(lung, axis=(1, 2)).argmax()),
        start + step * int(lung.sum(axis=0, dtype=np.int32).sum(axis=1).argmax()),
        start + step * int(across.sum(axis=0).argmax()),
    )


def _plane(
    hu: NDArray[np.int16],
    labels: NDArray[np.uint8],
    shape: tuple[int, int],
    colours: dict[int, tuple[int, int, int]],
) -> NDArray[np.uint8]:
    """One plane ``[h, w, 3]``, resized to a shape, with outlines one pixel wide."""
    low, high = WINDOW
    grey = (np.clip(hu, low, high).astype(np.float32) - low) * (255 / (high - low))
    resized = Image.fromarray(grey.astype(np.uint8)).resize(shape[::-1], Image.Resampling.BILINEAR)
    rgb = np.repeat(np.asarray(resized)[..., None], 3, axis=-1)
    # The label at each new pixel's centre.
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int)
        for new, old in zip(shape, labels.shape, strict=True)
    )
    small = labels[rows[:, None], columns]
    for label, colour in colours.items():
        rgb[outline(small == label)] = colour
    return rgb


def outline(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of a shape with a neighbour outside it or outside the picture."""
    padded = np.pad(inside, 1)
    core = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return inside & ~core
