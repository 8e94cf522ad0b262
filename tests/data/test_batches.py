"""Which slices share a batch, and how batches are distributed over processes."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import BatchSampler

from lungseg.data.batches import SharedBatches, batches, deal_cases, runs


@given(st.lists(st.integers(1, 20), min_size=1, max_size=12), st.integers(1, 5))
def test_cases_are_dealt_whole_and_once(sizes, processes):
    index = [(case, z) for case, size in enumerate(sizes) for z in range(size)]
    shares = [deal_cases(index, rank, processes) for rank in range(processes)]
    assert sorted(item for share in shares for item in share) == list(range(len(index)))
    owners = Counter()
    for share in shares:
        assert share == sorted(share)
        owners.update({index[item][0] for item in share})
    assert set(owners.values()) == {1}


def test_the_largest_are_dealt_first():
    index = [(case, z) for case, size in enumerate((2, 9, 3, 5)) for z in range(size)]
    shares = [{index[item][0] for item in deal_cases(index, rank, 2)} for rank in (0, 1)]
    assert shares == [{1}, {0, 2, 3}]  # 9 against 5 + 3 + 2


groups_in_order = st.lists(st.sampled_from("abc"), max_size=40)


@given(st.permutations(range(20)), st.integers(1, 6))
def test_items_of_one_group_are_batched_as_torch_does(items, size):
    assert batches(items, [0] * 20, size) == list(BatchSampler(items, size, drop_last=False))


@given(groups_in_order, st.integers(1, 6), st.randoms(use_true_random=False))
def test_a_batch_has_items_of_one_group_in_their_order(groups, size, random):
    items = list(range(len(groups)))
    random.shuffle(items)
    made = batches(items, groups, size)
    assert sorted(item for batch in made for item in batch) == list(range(len(groups)))
    for group in set(groups):
        of_group = [batch for batch in made if groups[batch[0]] == group]
        assert all({groups[item] for item in batch} == {group} for batch in of_group)
        assert [item for batch in of_group for item in batch] == [
            item for item in items if groups[item] == group
        ]
        assert {len(batch) for batch in of_group[:-1]} <= {size}
        assert 1 <= len(of_group[-1]) <= size
    first = [items.index(batch[0]) for batch in made]
    assert first == sorted(first)


@given(groups_in_order, st.integers(1, 6))
def test_runs_keep_items_in_order(groups, size):
    made = batches(range(len(groups)), runs(groups), size)
    assert [item for batch in made for item in batch] == list(range(len(groups)))
    assert all(len({groups[item] for item in batch}) == 1 for batch in made)
    # A batch ends early only where the group changes.
    for batch, after in pairwise(made):
        assert len(batch) == size or groups[batch[0]] != groups[after[0]]


@given(groups_in_order, st.integers(1, 5), st.integers(1, 4))
def test_shared_batches_are_those_of_one_process(groups, batch_size, processes):
    items = range(len(groups))
    samplers = [
        SharedBatches(items, groups, batch_size, rank, processes) for rank in range(processes)
    ]
    shares = [list(sampler) for sampler in samplers]
    whole = list(SharedBatches(items, groups, batch_size * processes))
    assert {len(share) for share in shares} == {len(whole)}
    assert {len(sampler) for sampler in samplers} == {len(whole)}
    for k, batch in enumerate(whole):
        parts = [share[k] for share in shares]
        assert sorted(item for part in parts for item in part) == batch
        assert max(map(len, parts)) <= batch_size
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_resumed_epoch_leaves_out_the_batches_it_was_trained_on():
    """Each time that it is asked for: torch asks twice where processes load the slices."""

    class Order(list):
        epoch = 2

    order = Order(range(7))
    resumed = SharedBatches(order, [0] * 7, 2, trained=(2, 3))
    assert list(resumed) == list(resumed) == [[6]]
    assert len(resumed) == 4
    order.epoch = 3
    assert list(resumed) == list(SharedBatches(order, [0] * 7, 2))
