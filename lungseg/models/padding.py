"""Images of any size through a network that takes only some sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional

Size = tuple[int, int]

MULTIPLES = (2, 4, 8, 16, 32, 64, 128)
"""Tried where a network does not say what sizes it takes: they suit networks that halve images."""

PADDING = "padding"
"""Key of a checkpoint's record: what :func:`usual_padding` says of its training slices."""

LEAST = 64
"""Sizes that are tried are not much smaller: a deep network takes no tiny images."""


class Padding:
    """Pads images to a size that a network takes, and crops its logits to the image again.

    Below and at the right the last row and column are repeated. This is the scanner's air where an
    image ends in air, and continues what is there where it does not, whatever the intensities
    mean; a constant would be air for some windows only, and draw an edge through a cropped body.

    A network may say in ``size_multiple`` that height and width must be multiples of a number. Any
    other network is tried once with each size that occurs (a blank image, in evaluation mode), and,
    if it fails or returns another size, with the next multiples of 2, 4, … 128. If it takes none of
    them, images are passed on as they are, and the network says what is wrong.

    Nothing trains what a network makes of the last rows and columns that it sees, where padding
    added them to all images of the training: next to the zeros of its convolutions, it may call
    them anything. So in evaluation, images of all sizes are padded by at least as much.

    Args:
        added: Rows and columns by which images are padded at least, but for training; as from
            :func:`usual_padding`.
    """

    def __init__(self, added: Sequence[int] = (0, 0)) -> None:
        self.added = (added[0], added[1])
        self._fitting: dict[tuple[Size, Size], Size] = {}

    def __call__(self, net: nn.Module, image: Tensor) -> Tensor | list[Tensor]:
        """Logits ``[B, C, y, x]`` of an image ``[B, channel, y, x]`` of any size.

        Args:
            net: Maps images to logits of the same height and width, or, in training, to a list of
                them; always the same one.
            image: What it is to see.
        """
        height, width = image.shape[-2:]
        added = (0, 0) if net.training else self.added
        fitting = self._fitting.get(((height, width), added))
        if fitting is None:
            fitting = fitting_size(net, image, added)
            self._fitting[(height, width), added] = fitting
        if fitting == (height, width):
            logits: Tensor | list[Tensor] = net(image)
            return logits
        below, right = fitting[0] - height, fitting[1] - width
        logits = net(functional.pad(image, (0, right, 0, below), mode="replicate"))
        if isinstance(logits, list):
            return [_cropped(level, height, width) for level in logits]
        return _cropped(logits, height, width)


def fitting_size(net: nn.Module, image: Tensor, added: Size = (0, 0)) -> Size:
    """The size to which images are padded for a network.

    Args:
        net: Maps images to logits of the same height and width.
        image: Only its size (without the batch), dtype and device matter.
        added: By how much its height and width grow at least.
    """
    height, width = image.shape[-2:]
    size = height + added[0], width + added[1]
    multiple = getattr(net, "size_multiple", None)
    if multiple is not None:
        return _rounded_up(size, multiple)
    candidates = [size, *(_rounded_up(size, multiple) for multiple in MULTIPLES)]
    for candidate in dict.fromkeys(candidates):
        if _takes(net, image.new_zeros((1, *image.shape[1:-2], *candidate))):
            return candidate
    return height, width


def usual_padding(net: nn.Module, channels: int, sizes: Sequence[Size]) -> Size:
    """Rows and columns of which at least half of all images get no more by padding.

    A network padded by as many is asked for nothing that less than half of the images trained.

    Args:
        net: Maps images to logits of the same height and width.
        channels: Of the images.
        sizes: Height and width of each image; one at least.

    Example:
        >>> net = nn.Conv2d(1, 1, 1)
        >>> net.size_multiple = 32
        >>> usual_padding(net, 1, [(160, 250), (160, 244), (128, 240)])
        (0, 12)
    """
    multiple = size_multiple(net, channels) or 1
    rows, columns = (
        sorted(-length % multiple for length in lengths) for lengths in zip(*sizes, strict=True)
    )
    middle = (len(sizes) - 1) // 2
    return rows[middle], columns[middle]


def most_padding(net: nn.Module) -> Size:
    """Rows and columns of which no image gets more by padding.

    A network that does not say what it takes is assumed to halve images five times at most.
    """
    most = getattr(net, "size_multiple", 32) - 1
    return most, most


def size_multiple(net: nn.Module, channels: int = 1) -> int | None:
    """The number of which height and width have to be multiples for a network; None for no number.

    Padding each size to it is what `Padding` does size by size: what a network takes at 2, 4, … it
    takes at all multiples.

    Args:
        net: Maps images to logits of the same height and width.
        channels: Of the image.

    Example:
        >>> size_multiple(nn.Conv2d(1, 1, 3, padding=1))
        1
    """
    multiple = getattr(net, "size_multiple", None)
    if multiple is not None:
        return int(multiple)
    like = next(net.parameters(), torch.zeros(0))
    for candidate in (1, *MULTIPLES):
        least = (LEAST // candidate) | 1  # odd multiples, which are multiples of nothing larger
        sizes = [(least * candidate, (least + 2) * candidate)]
        sizes += [(width, height) for height, width in sizes]
        if all(_takes(net, like.new_zeros((1, channels, *size))) for size in sizes):
            return candidate
    return None


def _cropped(logits: Tensor, height: int, width: int) -> Tensor:
    return logits[..., :height, :width].contiguous()  # losses may want to view it


def _rounded_up(size: Size, multiple: int) -> Size:
    height, width = (-(-length // multiple) * multiple for length in size)
    return height, width


def _takes(net: nn.Module, image: Tensor) -> bool:
    # Autocast keeps the weights that it converts. Older versions of torch would use them in the
    # training step around this too, which would come to no gradients (pytorch#112583).
    kind = image.device.type
    has_autocast = torch.amp.is_autocast_available(kind)
    full_precision = torch.autocast(kind, enabled=False) if has_autocast else nullcontext()
    try:
        with torch.no_grad(), full_precision, evaluating(net):
            logits = net(image)
    except Exception:  # whatever a network of the user's raises at a size that it does not take
        return False
    return isinstance(logits, Tensor) and logits.shape[-2:] == image.shape[-2:]


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """Put a network in evaluation mode, in which statistics stay, and each layer back after it."""
    modes = [(layer, layer.training) for layer in net.modules()]
    net.eval()
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training
