"""Adaptive histogram equalisation of slices, with limited contrast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import torch
from torch import Tensor

from lungseg.arguments.intensities import check_clahe
from lungseg.data.intensity.clipped import clipped
from lungseg.data.intensity.window import Window

GRAYS = 2**14
BIN_WIDTH = 65
N_BINS = 256
LEVELS = 65535
"""scikit-image's numbers: 256 bins of 65 gray levels each, which come from images of 16 bits."""


class Clahe:
    """Contrast-limited adaptive histogram equalisation (CLAHE) within a window of HU.

    A slice is divided into `tiles` × `tiles` tiles. Each has a mapping by the histogram of its own
    pixels, of which no bin may have more than a share `clip_limit`; what is above it goes to the
    other bins. A pixel takes the mappings of the four nearest tiles, interpolated linearly
    (Zuiderveld, Graphics Gems IV, 1994). At the end, the darkest pixel of the slice becomes 0 and
    the brightest 1.

    It is scikit-image's ``equalize_adapthist`` of each windowed slice, at its defaults, but for its
    rounding of the result to gray levels; a slice of one value becomes 0.

    Args:
        lower: HU that becomes the darkest value before the equalisation.
        upper: HU that becomes the brightest.
        clip_limit: Largest share of a tile's pixels in a bin, above 0 and at most 1; 1 limits
            nothing.
        tiles: Along each side of a slice, at least 2.

    Raises:
        ValueError: If an argument is out of its range.

    Example:
        >>> hu = torch.arange(-1000, 1000).repeat(20, 1)[None, None]
        >>> Clahe(-1000, 400)(hu).shape
        torch.Size([1, 1, 20, 2000])
    """

    def __init__(
        self, lower: float, upper: float, clip_limit: float = 0.01, tiles: int = 8
    ) -> None:
        check_clahe(lower, upper, clip_limit, tiles)
        self.lower = float(lower)
        self.upper = float(upper)
        self.clip_limit = float(clip_limit)
        self.tiles = tiles

    def channels_out(self, channels_in: int) -> int:
        """Channels of the result: as many as of the HU."""
        return channels_in

    def __call__(self, hu: Tensor) -> Tensor:
        """HU ``[B, C, y, x]`` to float32 of that shape in [0, 1]; each channel is a slice."""
        image = Window(self.lower, self.upper)(hu).flatten(0, 1)
        if not image.numel():
            return image.view(hu.shape)
        sides = (max(image.shape[1] // self.tiles, 1), max(image.shape[2] // self.tiles, 1))
        # Slice by slice, what is computed of the pixels stays in a processor's cache; the
        # histograms are small, and clipping them takes many steps.
        bins = [_bins(pixels) for pixels in image]
        counts = torch.stack([_counts(pixels, sides) for pixels in bins])
        mappings = self._mappings(counts, sides[0] * sides[1])
        near = list(_nearest_tiles(bins[0], (mappings.shape[1], mappings.shape[2]), sides))
        for pixels, mapping, result in zip(bins, mappings.flatten(1), image, strict=True):
            _stretch(_interpolate(pixels, mapping, near, out=result))
        return image.view(hu.shape)

    def _mappings(self, counts: Tensor, n_pixels: int) -> Tensor:
        """Gray level of each bin ``[n, rows, columns, bin]`` by counts in tiles of `n_pixels`."""
        limit = max(int(self.clip_limit * n_pixels), 1)
        cumulated = clipped(counts.view(-1, N_BINS), limit).cumsum(1)
        levels = (cumulated * (GRAYS - 1)).div(n_pixels, rounding_mode="floor")
        return levels.clamp(max=GRAYS - 1).float().view(counts.shape)


def _bins(image: Tensor) -> Tensor:
    """The bin of each pixel ``[y, x]``, by its place between the extremes of its slice.

    In whole numbers as scikit-image rounds them, so that no pixel gets into another bin.
    """
    levels = (image * LEVELS).round_().int()
    low, span = levels.min(), (levels.max() - levels.min()).clamp(min=1).long()
    above = torch.arange(LEVELS + 1, device=image.device)
    grays = (above * (2 * (GRAYS - 1)) + span).div(2 * span, rounding_mode="floor")
    table = grays.div(BIN_WIDTH, rounding_mode="floor").int()
    return table.index_select(0, levels.sub_(low).flatten()).view(image.shape)


def _counts(bins: Tensor, sides: tuple[int, int]) -> Tensor:
    """Histograms of the tiles of a slice ``[rows, columns, bin]``."""
    rows, columns = (_whole_tiles(bins.shape[k], sides[k], bins.device) for k in (0, 1))
    n_rows, n_columns = len(rows) // sides[0], len(columns) // sides[1]
    whole = bins.index_select(0, rows).index_select(1, columns)
    tiles = whole.view(n_rows, sides[0], n_columns, sides[1])
    tile = torch.arange(n_rows * n_columns, device=bins.device, dtype=bins.dtype)
    first_bin = tile.view(n_rows, 1, n_columns, 1) * N_BINS
    counts = torch.bincount((tiles + first_bin).flatten(), minlength=len(tile) * N_BINS)
    return counts.view(n_rows, n_columns, N_BINS)


def _whole_tiles(length: int, side: int, device: torch.device) -> Tensor:
    """Indices of rows or columns, reflected at the end until they fill whole tiles."""
    index = torch.arange(-(-length // side) * side, device=device)
    return torch.where(index < length, index, 2 * (length - 1) - index)


def _nearest_tiles(
    bins: Tensor, n_tiles: tuple[int, int], sides: tuple[int, int]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Of the four tiles nearest to each pixel ``[y, x]`` the first bin, and the tile's weight."""
    rows, columns = (_neighbours(bins.shape[k], sides[k], n_tiles[k], bins.device) for k in (0, 1))
    for (row, by_row), (column, by_column) in product(rows, columns):
        tile = row.unsqueeze(1) * n_tiles[1] + column
        yield (tile * N_BINS).to(bins.dtype), by_row.unsqueeze(1) * by_column


def _neighbours(
    length: int, side: int, n_tiles: int, device: torch.device
) -> list[tuple[Tensor, Tensor]]:
    """For each row or column the tile before and after it, each with its weight."""
    position = torch.arange(length, device=device) + side // 2
    after = position.div(side, rounding_mode="floor")
    share = (position % side).float() / side
    return [
        ((after - 1).clamp(min=0), 1 - share),
        (after.clamp(max=n_tiles - 1), share),
    ]


def _interpolate(
    bins: Tensor, mapping: Tensor, near: Iterable[tuple[Tensor, Tensor]], out: Tensor
) -> Tensor:
    """Write gray levels ``[y, x]`` between the mappings of the nearest tiles into `out`."""
    out.zero_()
    for first_bin, weight in near:
        grays = mapping.index_select(0, (first_bin + bins).flatten()).view(bins.shape)
        out += grays.mul_(weight)
    return out


def _stretch(image: Tensor) -> None:
    low, high = image.min(), image.max()
    image.sub_(low).div_((high - low).clamp(min=1e-6))
