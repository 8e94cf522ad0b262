"""SliceCounts against scikit-learn, by hand, and across two processes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import confusion_matrix

from lungseg.metrics.counts import BLOCK, COLUMNS, SliceCounts, slice_counts
from lungseg.metrics.table import dsc
from tests.backends import BACKENDS, meet

DTYPES = pytest.mark.parametrize("dtype", [torch.bool, torch.uint8], ids=str)


def masks_of(counts):
    """Return a prediction and a reference ``[B, pixels]`` with these tp, fp, fn, tn a row."""
    prediction = [[1] * tp + [1] * fp + [0] * fn + [0] * tn for tp, fp, fn, tn in counts]
    reference = [[1] * tp + [0] * fp + [1] * fn + [0] * tn for tp, fp, fn, tn in counts]
    return torch.tensor(prediction).bool(), torch.tensor(reference).bool()


def update(metric, rows, device="cpu"):
    """Add rows of (case, z, tp, fp, fn, tn) as one batch of masks."""
    metric.update(
        *(mask.to(device) for mask in masks_of([row[2:] for row in rows])),
        case=torch.tensor([row[0] for row in rows]),
        z=torch.tensor([row[1] for row in rows]),
    )


@DTYPES
def test_counts_by_hand(dtype):
    counts = [[3, 2, 4, 1], [0, 0, 0, 10], [10, 0, 0, 0], [0, 10, 0, 0], [0, 0, 10, 0]]
    prediction, target = (mask.to(dtype) for mask in masks_of(counts))
    result = slice_counts(prediction, target)
    assert result.dtype == torch.int64
    assert result.tolist() == counts
    # Any number of axes, in any layout.
    images = [mask.reshape(5, 1, 2, 5) for mask in (prediction, target)]
    assert slice_counts(*images).tolist() == counts
    flipped = [image.transpose(2, 3) for image in images]
    assert slice_counts(*flipped).tolist() == counts


@settings(deadline=None)
@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)).flatmap(
        lambda shape: st.tuples(*[hnp.arrays(np.bool_, shape, fill=st.booleans())] * 2)
    )
)
def test_counts_equal_scikit_learn(masks):
    prediction, target = masks
    result = slice_counts(torch.as_tensor(prediction), torch.as_tensor(target)).numpy()
    for row, p, t in zip(result, prediction, target, strict=True):
        (tn, fp), (fn, tp) = confusion_matrix(t.ravel(), p.ravel(), labels=[False, True])
        assert row.tolist() == [tp, fp, fn, tn]


def test_any_value_but_0_is_lung():
    prediction = torch.tensor([[2, 255, 0]], dtype=torch.uint8)
    target = torch.tensor([[1, 1, 1]], dtype=torch.uint8)
    assert slice_counts(prediction, target).tolist() == [[2, 0, 1, 0]]


def test_counts_are_exact_on_full_slices():
    full = torch.ones(3, 1, 512, 512, dtype=torch.bool)
    assert slice_counts(full, full).tolist() == [[512 * 512, 0, 0, 0]] * 3


@DTYPES
def test_batch_of_no_slices(dtype):
    none = torch.zeros(0, 1, 4, 4, dtype=dtype)
    assert slice_counts(none, none).shape == (0, 4)


@pytest.mark.parametrize(
    ("prediction", "target", "message"),
    [
        (torch.zeros(1, 4), torch.zeros(1, 4).bool(), "prediction .*uint8 mask, got torch.float32"),
        (torch.zeros(1, 4).bool(), torch.zeros(1, 4).long(), "target .*mask, got torch.int64"),
        (torch.zeros(4).bool(), torch.zeros(4).bool(), r"prediction .*\[B, ...\], got \(4,\)"),
        (
            torch.zeros(2, 1, 4).bool(),
            torch.zeros(2, 4).bool(),
            r"prediction and target must have the same shape, got \(2, 1, 4\) and \(2, 4\)",
        ),
    ],
)
def test_masks_that_do_not_fit(prediction, target, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        slice_counts(prediction, target)


def test_rows_come_sorted_by_case_and_z():
    metric = SliceCounts()
    update(metric, [(1, 2, 3, 0, 0, 1), (1, 0, 0, 1, 2, 1)])
    update(metric, [(0, 10, 0, 0, 0, 4), (0, 9, 4, 0, 0, 0), (1, 1, 4, 0, 0, 0)])
    table = metric.compute()
    assert table.dtype == torch.int64
    assert table.tolist() == [
        [0, 9, 4, 0, 0, 0],
        [0, 10, 0, 0, 0, 4],
        [1, 0, 0, 1, 2, 1],
        [1, 1, 4, 0, 0, 0],
        [1, 2, 3, 0, 0, 1],
    ]


def test_takes_lists_of_indices():
    metric = SliceCounts()
    metric.update(*masks_of([[1, 0, 0, 1], [2, 0, 0, 0]]), case=[3, 3], z=[1, 0])
    assert metric.compute()[:, :2].tolist() == [[3, 0], [3, 1]]


def test_columns_feed_the_table():
    metric = SliceCounts()
    update(metric, [(0, 0, 3, 1, 1, 0), (0, 1, 0, 0, 0, 5)])
    columns = dict(zip(COLUMNS, metric.compute().numpy().T, strict=True))
    assert dsc(columns["tp"], columns["fp"], columns["fn"]).tolist() == [0.75, 0]


def test_a_slice_counted_twice_alike_is_kept_once():
    metric = SliceCounts()
    update(metric, [(0, 0, 1, 1, 1, 1), (0, 1, 2, 0, 0, 2)])
    update(metric, [(0, 1, 2, 0, 0, 2), (0, 0, 1, 1, 1, 1)])
    assert metric.compute().tolist() == [[0, 0, 1, 1, 1, 1], [0, 1, 2, 0, 0, 2]]


def test_a_slice_counted_twice_differently_is_an_error():
    metric = SliceCounts()
    update(metric, [(4, 7, 2, 0, 0, 2), (4, 6, 1, 1, 1, 1), (4, 7, 1, 1, 1, 1)])
    message = r"^case 4, z 7 was .* \(tp, fp, fn, tn\): \(1, 1, 1, 1\) and \(2, 0, 0, 2\)$"
    with pytest.raises(ValueError, match=message):
        metric.compute()


def test_slices_may_repeat_where_that_is_meant():
    metric = SliceCounts(repeats=True)
    rows = [(4, 7, 2, 0, 0, 2), (4, 6, 1, 1, 1, 1), (4, 7, 1, 1, 1, 1), (4, 6, 1, 1, 1, 1)]
    update(metric, rows)
    assert metric.compute().tolist() == [list(row) for row in sorted(rows)]


@pytest.mark.filterwarnings("ignore:The ``compute`` method of metric SliceCounts was called before")
def test_empty_and_reset():
    metric = SliceCounts()
    assert metric.compute().shape == (0, 6)
    assert metric.compute().dtype == torch.int64
    update(metric, [(0, 0, 1, 1, 1, 1)])
    assert len(metric.compute()) == 1
    metric.reset()
    assert metric.compute().shape == (0, 6)
    update(metric, [(0, 0, 2, 1, 1, 0)])  # No trace of the row before.
    assert metric.compute().tolist() == [[0, 0, 2, 1, 1, 0]]


def test_forward_returns_the_batch_and_keeps_all():
    metric = SliceCounts()
    update(metric, [(0, 0, 1, 1, 1, 1)])
    batch = metric(*masks_of([[0, 0, 0, 4]]), case=[0], z=[1])
    assert batch.tolist() == [[0, 1, 0, 0, 0, 4]]
    assert len(metric.compute()) == 2


@pytest.mark.parametrize(
    ("case", "z", "message"),
    [
        ([0], [0, 1], r"case must contain one index for each of 2 slices, got shape \(1,\)"),
        (0, [0, 1], r"case must contain one index for each of 2 slices, got shape \(\)"),
        ([0, 0], [0.0, 1.0], "z must contain integers, got torch.float32"),
    ],
)
def test_indices_that_do_not_fit(case, z, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        SliceCounts().update(*masks_of([[1, 0, 0, 0]] * 2), case=case, z=z)


# (case, z, tp, fp, fn, tn); the counts of case 2 exceed what floats represent exactly.
ROWS = [[0, z, z, 1, 0, 9 - z] for z in range(5)] + [[1, 0, 0, 0, 0, 10], [1, 1, 0, 3, 0, 7]]
LARGE = [2, 0, 2**24 + 1, 2**31 + 1, 2**53 + 1, 3]


def merge(rank, backend, rendezvous):
    """Merge in one of two processes; an assertion that fails here fails the test."""
    torch.set_num_threads(1)
    device = meet(backend, rendezvous, rank)
    try:
        metric = SliceCounts().to(device)

        # Uneven: 3 rows and 5, of which the last repeats a row of the first process.
        update(metric, ROWS[0:6:2] if rank == 0 else [*ROWS[1:6:2], ROWS[6], ROWS[0]], device)
        if rank == 0:
            metric._put(torch.tensor([LARGE], device=device))
        assert metric.compute().tolist() == [*ROWS, LARGE]
        # The process still has only its own rows, so that it can go on adding.
        assert sum(int((rows[:, 0] >= 0).sum()) for rows in metric.rows) == (4 if rank == 0 else 5)
        update(metric, [[3, rank, 1, 2, 3, 4]], device)
        assert metric.compute().tolist() == [*ROWS, LARGE, [3, 0, 1, 2, 3, 4], [3, 1, 1, 2, 3, 4]]

        # One process without any row, then both.
        metric.reset()
        if rank == 1:
            update(metric, ROWS, device)
        assert metric.compute().tolist() == ROWS
        metric.reset()
        assert metric.compute().shape == (0, 6)

        # Processes that disagree on a slice: every one of them says so.
        metric.reset()
        update(metric, [[0, 0, 1, rank, 0, 3 - rank]], device)
        with pytest.raises(ValueError, match=r"^case 0, z 0 was counted twice"):
            metric.compute()
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.slow
@BACKENDS
def test_two_processes_merge_exactly(backend, tmp_path):
    torch.multiprocessing.spawn(merge, args=(backend, tmp_path / "rendezvous"), nprocs=2)


def test_more_rows_than_fit_in_a_block():
    metric = SliceCounts()
    n = 2 * BLOCK + 7
    mask = torch.ones(n, 1, dtype=torch.bool)
    metric.update(mask, mask, case=[0] * n, z=range(n))
    metric.update(mask[:1], mask[:1], case=[1], z=[0])
    table = metric.compute()
    assert table[:-1].tolist() == [[0, z, 1, 0, 0, 0] for z in range(n)]
    assert table[-1].tolist() == [1, 0, 1, 0, 0, 0]
    assert len(metric.rows) == 3
    metric.reset()
    metric.update(mask[:1], mask[:1], case=[1], z=[0])
    assert metric.compute().tolist() == [[1, 0, 1, 0, 0, 0]]


def test_counts_are_resumed(recwarn):
    whole, resumed = SliceCounts(repeats=True), SliceCounts(repeats=True)
    mask = torch.tensor([[1, 1, 0], [0, 1, 0]]).bool()
    for _ in range(2):
        whole.update(mask, mask, case=[0, 1], z=[5, 6])
    resumed.resume(whole.compute())
    assert resumed.compute().tolist() == whole.compute().tolist()
    for counts in (whole, resumed):
        counts.update(mask, ~mask, case=[0, 1], z=[5, 6])
    assert resumed.compute().tolist() == whole.compute().tolist()
    assert len(whole.compute()) == 6
    assert not recwarn
