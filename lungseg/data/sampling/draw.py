"""Random choices that samplings share, from seed and epoch alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import torch
from torch import Generator


def generator_of(seed: int, epoch: int) -> Generator:
    """As torch's ``DistributedSampler`` seeds an epoch."""
    return torch.Generator().manual_seed(seed + epoch)


def shuffled(items: Sequence[int], generator: Generator) -> list[int]:
    """The items in a random order."""
    return [items[k] for k in torch.randperm(len(items), generator=generator).tolist()]


def evenly(items: Sequence[int], n: int, generator: Generator) -> list[int]:
    """Draw `n` of the items, each as often as any other or once more.

    Example:
        >>> sorted(evenly([4, 5], 4, generator_of(0, 0)))
        [4, 4, 5, 5]
        >>> len(set(evenly([4, 5, 6], 2, generator_of(0, 0))))
        2
    """
    whole, rest = divmod(n, len(items))
    return [*items] * whole + shuffled(items, generator)[:rest]


def by_group(
    groups: Sequence[Hashable],
    choose: Callable[[list[int]], list[int]],
    generator: Generator,
) -> list[int]:
    """Choose among the items of each group by themselves, and shuffle all that were chosen.

    Args:
        groups: Group of each item, such as the size of a slice.
        choose: From the items of a group to as many of them, some repeatedly.
        generator: Of random numbers.
    """
    members: dict[Hashable, list[int]] = {}
    for item, group in enumerate(groups):
        members.setdefault(group, []).append(item)
    return shuffled([one for items in members.values() for one in choose(items)], generator)
