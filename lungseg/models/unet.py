"""A U-Net of any depth and width."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from lungseg.arguments.networks import check_unet
from lungseg.models.norms import norm_layer
from lungseg.models.residual import ResidualBlock


class UNet(nn.Module):
    """U-Net: `depth` halvings of the image, as many doublings, and skip connections.

    Each block is two 3 × 3 convolutions, each with a norm and ReLU. Going down, 2 × 2 max pooling
    halves the size and the next block doubles the channels, up to a maximum; going up, a 2 × 2
    transposed convolution does the reverse, and the block that follows also sees the encoder's
    features of that size. A 1 × 1 convolution computes the logits.

    With deep supervision, each coarser level of the way up has a 1 × 1 convolution of its own. In
    training its logits are returned too, enlarged to the image by linear interpolation, so that no
    small mask is lost, for `lungseg.losses.deep_supervision`; in evaluation it does nothing.

    Nothing in it depends on the memory layout: ``model.to(memory_format=torch.channels_last)``
    keeps that layout from end to end, which is the fast one on a CPU.

    Args:
        in_channels: Channels of the image.
        out_channels: Channels of the logits, one per structure.
        depth: How often the size is halved. Height and width must be multiples of `2**depth`, its
            `size_multiple`.
        base_channels: Channels at full size; `base_channels * 2**depth` at the smallest.
        max_channels: No level has more channels than this; None for no limit.
        residual: Blocks add their input to their result (`lungseg.models.residual`).
        norm: ``"batch"``, ``"instance"`` or ``"group"`` (`lungseg.models.norms`).
        deep_supervision: In training, return a list of the logits of `depth` levels (if there are
            several), finest first.

    Raises:
        ValueError: If an argument is out of range, or (on call) if the image has another shape than
            ``[B, in_channels, H, W]`` with suitable `H` and `W`.

    Example:
        >>> model = UNet(depth=3, base_channels=16)
        >>> model(torch.zeros(2, 1, 64, 32)).shape
        torch.Size([2, 1, 64, 32])
        >>> sum(parameter.numel() for parameter in model.parameters())
        483153
    """

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 1,
        depth: int = 3,
        base_channels: int = 16,
        max_channels: int | None = None,
        residual: bool = False,
        norm: str = "batch",
        deep_supervision: bool = False,
    ) -> None:
        super().__init__()
        check_unet(
            in_channels=in_channels,
            out_channels=out_channels,
            depth=depth,
            base_channels=base_channels,
            max_channels=max_channels,
            residual=residual,
            norm=norm,
            deep_supervision=deep_supervision,
        )
        self.in_channels = in_channels
        self.depth = depth
        self.size_multiple = 2**depth

        block = ResidualBlock if residual else _block
        limit = max_channels or base_channels * 2**depth
        widths = [min(base_channels * 2**level, limit) for level in range(depth + 1)]
        pairs = list(pairwise(widths))  # of each level and the next coarser
        self.encoder = nn.ModuleList(
            block(before, after, norm)
            for before, after in zip([in_channels, *widths], widths[:-1], strict=False)
        )
        self.pool = nn.MaxPool2d(2)
        self.bottleneck = block(*pairs[-1], norm)
        self.upsample = nn.ModuleList(
            nn.ConvTranspose2d(coarser, width, kernel_size=2, stride=2)
            for width, coarser in reversed(pairs)
        )
        self.decoder = nn.ModuleList(block(2 * width, width, norm) for width, _ in reversed(pairs))
        self.head = nn.Conv2d(base_channels, out_channels, kernel_size=1)
        self.n_levels = depth if deep_supervision else 1
        coarse = widths[-2:0:-1] if deep_supervision else []
        self.coarse_heads = nn.ModuleList(
            nn.Conv2d(width, out_channels, kernel_size=1) for width in coarse
        )

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        """Return logits ``[B, out_channels, H, W]`` of an image ``[B, in_channels, H, W]``.

        With deep supervision and in training, a list of them.
        """
        self._check_image(image)
        features, skips = image, []
        for block in self.encoder:
            features = block(features)
            skips.append(features)
            features = self.pool(features)
        features = self.bottleneck(features)
        size, levels = image.shape[2:], []
        heads = list(self.coarse_heads) if self.training else []
        for upsample, block in zip(self.upsample, self.decoder, strict=True):
            # Popping frees each skip as soon as it is used, unless a gradient needs it.
            features = block(torch.cat([skips.pop(), upsample(features)], dim=1))
            if heads:
                coarse = heads.pop(0)(features)
                levels.append(functional.interpolate(coarse, size, mode="bilinear"))
        logits: Tensor = self.head(features)
        return [logits, *reversed(levels)] if levels else logits

    def _check_image(self, image: Tensor) -> None:
        shape = tuple(image.shape)
        if len(shape) != 4 or shape[1] != self.in_channels:
            raise ValueError(f"image must have shape [B, {self.in_channels}, H, W], got {shape}")
        multiple = self.size_multiple
        if shape[2] % multiple or shape[3] % multiple:
            raise ValueError(
                f"image height and width must be multiples of {multiple} (2**depth), "
                f"got {shape[2]} × {shape[3]}"
            )


def _block(in_channels: int, out_channels: int, norm: str) -> nn.Sequential:
    """Two 3 × 3 convolutions that keep the size, each with a norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
        norm_layer(norm, out_channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1),
        norm_layer(norm, out_channels),
        nn.ReLU(inplace=True),
    )
