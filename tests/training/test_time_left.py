import pytest

from lungseg.training.time_left import as_clock, seconds_left


def test_the_last_epochs_count():
    assert seconds_left([1000.0, 2.0, 2.0, 2.0, 2.0, 2.0], 10) == 20.0


def test_an_epoch_that_lasts_longer_than_others_has_no_time_left():
    assert seconds_left([10.0], 2, under_way=(15.0, 0.9)) == 20.0


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_in_the_first_epoch_its_batches_count(share):
    assert seconds_left([], 3, under_way=(100.0 * share, share)) == pytest.approx(400 - 100 * share)


def test_before_the_first_batch_nothing_is_known():
    assert seconds_left([], 3, under_way=(1.0, 0.0)) is None


def test_after_the_last_epoch_nothing_is_left():
    assert seconds_left([10.0], 0) == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"), [(59.9, "0:00:59"), (3600, "1:00:00"), (200_000, "2 days, 7:33:20")]
)
def test_as_a_clock(seconds, text):
    assert as_clock(seconds) == text
