"""What networks accept."""

from __future__ import annotations


def check_unet(
    *,
    in_channels: int = 1,
    out_channels: int = 1,
    depth: int = 1,
    base_channels: int = 1,
    max_channels: int | None = None,
    residual: bool = False,
    norm: str = "batch",
    deep_supervision: bool = False,
) -> None:
    """Check the arguments of :class:`lungseg.models.unet.UNet`.

    Raises:
        ValueError: Naming the first that is out of range.
    """
    for name, value in {
        "in_channels": in_channels,
        "out_channels": out_channels,
        "depth": depth,
        "base_channels": base_channels,
    }.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    if max_channels is not None and (
        not isinstance(max_channels, int)
        or isinstance(max_channels, bool)
        or max_channels < base_channels
    ):
        raise ValueError(
            f"max_channels must be null or a whole number of at least base_channels"
            f" ({base_channels}), got {max_channels!r}"
        )
    for name, value in {"residual": residual, "deep_supervision": deep_supervision}.items():
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, got {value!r}")
    if norm not in ("batch", "instance", "group"):
        raise ValueError(f"norm must be 'batch', 'instance' or 'group', got {norm!r}")
