"""What samplings of an epoch accept."""

from __future__ import annotations

from lungseg.arguments.numbers import check_share, is_number


def check_balanced(small: object = 0.01) -> None:
    """Check the arguments of :class:`lungseg.data.sampling.balanced.Balanced`.

    Raises:
        ValueError: If the share is out of range.
    """
    if not is_number(small) or not 0 < small < 1:
        raise ValueError(f"small must be a number above 0 and below 1, got {small!r}")


def check_foreground(share: object = 0.9) -> None:
    """Check the arguments of :class:`lungseg.data.sampling.foreground.Foreground`.

    Raises:
        ValueError: If the share is out of range.
    """
    check_share("share", share)


def check_hard(share: object = 0.25) -> None:
    """Check the arguments of :class:`lungseg.data.sampling.hard.Hard`.

    Raises:
        ValueError: If the share is out of range: for each slice that is shown twice another pauses.
    """
    if not is_number(share) or not 0 < share <= 0.5:
        raise ValueError(f"share must be a number above 0 and up to 0.5, got {share!r}")
