"""Which slices share a batch, and which process gets which of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence

from torch.utils.data import Sampler


class SharedBatches(Sampler[list[int]]):
    """This process's share of each batch of the whole run.

    A batch contains items of one group, such as slices of one size. The batches are those of a
    single process with the total batch size, and each is distributed over the processes. No item is
    repeated or omitted: the last batch of a group may be distributed unevenly, and some processes
    may have no item of it. All have the same number of batches, so that sums over processes (of the
    loss, of batch norm) never wait for one that has finished. In evaluation the loss is also that
    of whole batches, and no process has more than its `batch_size`.

    Args:
        sampler: Items in order; the same in all processes.
        groups: Group of each item that there is, by its number.
        batch_size: Items per process.
        rank: Rank of this process, from 0.
        processes: Number of processes.
        trained: An epoch, and how many of its batches a resumed run has been trained on: they are
            left out, but count in the length. Only of a sampler with an attribute ``epoch``.
    """

    def __init__(
        self,
        sampler: Sampler[int] | Sequence[int],
        groups: Sequence[Hashable],
        batch_size: int,
        rank: int = 0,
        processes: int = 1,
        trained: tuple[int, int] = (0, 0),
    ) -> None:
        self.sampler = sampler  # where Lightning expects set_epoch
        self._trained = trained
        self._groups = groups
        self._size = batch_size * processes
        self._mine = slice(rank, None, processes)
        in_group = Counter(groups[item] for item in sampler)
        self._n_batches = sum(-(-n // self._size) for n in in_group.values())

    def __len__(self) -> int:
        return self._n_batches

    def __iter__(self) -> Iterator[list[int]]:
        made = batches(self.sampler, self._groups, self._size)
        epoch, n = self._trained
        for batch in made[n if getattr(self.sampler, "epoch", None) == epoch else 0 :]:
            yield batch[self._mine]


def batches(items: Iterable[int], groups: Sequence[Hashable], size: int) -> list[list[int]]:
    """Batches of up to `size` items of one group, in the order of their first items.

    The last batch of a group may be smaller. It is at the place of its first item, not at the end,
    so that in a shuffled order the small batches are anywhere in an epoch.

    Args:
        items: Items in order.
        groups: Group of each item that there is, by its number.
        size: Items per batch, at most.

    Example:
        >>> batches(range(7), "ababaaa", 2)
        [[0, 2], [1, 3], [4, 5], [6]]
    """
    made: list[list[int]] = []
    filling: dict[Hashable, list[int]] = {}
    for item in items:
        batch = filling.get(groups[item])
        if batch is None or len(batch) == size:
            batch = filling[groups[item]] = []
            made.append(batch)
        batch.append(item)
    return made


def runs(values: Sequence[Hashable]) -> list[int]:
    """A number for each value that rises where the value differs from the one before.

    As groups of `batches`, they keep the order of items that are in order.

    Example:
        >>> runs("aabba")
        [0, 0, 1, 1, 2]
    """
    numbers: list[int] = []
    for k, value in enumerate(values):
        changed = k > 0 and value != values[k - 1]
        numbers.append(numbers[-1] + changed if k else 0)
    return numbers


def deal_cases(index: list[tuple[int, int]], rank: int, processes: int) -> list[int]:
    """Items of the slices of one process's cases, in order; the largest cases are assigned first.

    Args:
        index: Case and z of each item.
        rank: Rank of the process, from 0.
        processes: Number of processes.
    """
    sizes = Counter(case for case, _ in index)
    load = [0] * processes
    mine = set()
    for case, size in sizes.most_common():
        lightest = load.index(min(load))
        load[lightest] += size
        if lightest == rank:
            mine.add(case)
    return [item for item, (case, _) in enumerate(index) if case in mine]
