"""With everything on: a resumed run and two processes give what one run at a stretch gives."""

import csv

import pytest
import torch

from tests.conftest import Cli
from tests.training.everything import AVERAGE, EVERYTHING, RAW, differing, train
from tests.training.test_module import KillAt, Killed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("precision", "workers"), [(32, 1), (64, 0)])
def test_a_resumed_run_equals_an_unbroken_one_bit_for_bit(
    everything_cohort, precision, workers, tmp_path
):
    cohort = everything_cohort
    settings = {"precision": precision, "changes": [f"data.num_workers={workers}"]}
    whole, numbers = train(cohort, tmp_path / "whole", **settings)
    assert len(numbers) == 3
    assert any(not torch.equal(value, whole[RAW][name]) for name, value in whole[AVERAGE].items())
    with pytest.raises(Killed):
        train(cohort, tmp_path / "broken", KillAt(epoch=1), **settings)
    resumed, numbers_resumed = train(cohort, tmp_path / "broken", resume=True, **settings)
    assert differing(whole, resumed) == []
    assert numbers_resumed == numbers


def test_the_same_seed_is_the_same_run(everything_cohort, tmp_path):
    cohort = everything_cohort
    first, numbers = train(cohort, tmp_path / "first")
    again, numbers_again = train(cohort, tmp_path / "again")
    assert differing(first, again) == []
    assert numbers_again == numbers
    other, numbers_of_other = train(cohort, tmp_path / "other", seed=1)
    assert differing(first, other)
    assert numbers_of_other != numbers


def test_two_processes_equal_one(everything_root, tmp_path):
    processes = {
        "one": ["data.batch_size=4"],
        "two": ["trainer=ddp", "trainer.devices=2", "data.batch_size=2"],
    }
    for name, arguments in processes.items():
        done = Cli(tmp_path)(
            *("train", "data=lctsc", f"data.root={everything_root}", "report=false"),
            *(*arguments, *EVERYTHING),
            # In float32 rounding alone, which training magnifies, makes differences of this size.
            *("trainer.precision=64", f"hydra.run.dir={name}"),
        )
        assert done.returncode == 0, done.stderr
    one, two = (list(csv.DictReader((tmp_path / n / "metrics.csv").open())) for n in processes)
    assert len(one) == len(two) == 3
    names = [name for name in one[0] if "/" in name]
    assert len(names) == 9
    for before, after in zip(one, two, strict=True):
        for name in names:
            assert float(after[name]) == pytest.approx(float(before[name]), abs=1e-6), name
    one, two = ((tmp_path / n / "evaluation" / "slices.csv").read_text() for n in processes)
    assert one == two
