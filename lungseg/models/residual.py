"""A block of two convolutions that adds its input to their result."""

from __future__ import annotations

from torch import Tensor, nn

from lungseg.models.norms import norm_layer


class ResidualBlock(nn.Module):
    r"""Two 3 × 3 convolutions with a shortcut around them, which keep the size.

    .. math:: y = \mathrm{ReLU}(f(x) + s(x))

    `f` is convolution, norm, ReLU, convolution, norm; `s` the identity, or, where the number of
    channels changes, a 1 × 1 convolution and a norm (He et al., arXiv:1512.03385).

    Args:
        in_channels: Channels of `x`.
        out_channels: Channels of `y`.
        norm: As `lungseg.models.norms.norm_layer` takes it.

    Example:
        >>> import torch
        >>> ResidualBlock(1, 8)(torch.zeros(2, 1, 16, 16)).shape
        torch.Size([2, 8, 16, 16])
    """

    def __init__(self, in_channels: int, out_channels: int, norm: str = "batch") -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1),
            norm_layer(norm, out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1),
            norm_layer(norm, out_channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1),
                norm_layer(norm, out_channels),
            )

    def forward(self, features: Tensor) -> Tensor:
        """Features ``[B, in_channels, H, W]`` to ``[B, out_channels, H, W]``."""
        added: Tensor = self.convolutions(features) + self.shortcut(features)
        return added.relu_()
