"""Distribution of slices over processes."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lungseg.data.datamodule import SharedBatches, deal_cases


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


@given(st.integers(0, 40), st.integers(1, 5), st.integers(1, 4))
def test_shared_batches_are_those_of_one_process(n, batch_size, processes):
    shares = [
        list(SharedBatches(range(n), batch_size, rank, processes)) for rank in range(processes)
    ]
    whole = list(SharedBatches(range(n), batch_size * processes))
    assert {len(share) for share in shares} == {len(whole)}
    for k, batch in enumerate(whole):
        parts = [share[k] for share in shares]
        assert sorted(item for part in parts for item in part) == batch
        assert max(map(len, parts)) <= batch_size
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
