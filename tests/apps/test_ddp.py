"""Two processes give the metrics of one, by the commands as a user types them."""

import csv
from collections import Counter

import pytest

from tests.backends import BACKENDS
from tests.conftest import Cli

ACCELERATORS = {"gloo": "cpu", "nccl": "cuda"}
pytestmark = pytest.mark.slow

# 49 slices, or 25 of the size 64, in batches of 4: the last has one, and one process has none of it.
CASES = {"train": (0, 1, 4, 6), "val": (3,), "test": (2, 5)}


@pytest.fixture(scope="module", params=["phantom_root", "mixed_sizes_root"])
def runs(request, backend, tmp_path_factory):
    root = request.getfixturevalue(request.param)
    folder = tmp_path_factory.mktemp("ddp")
    sets = [
        f"split.{name}=[{','.join(f'Case_{case:03}' for case in cases)}]"
        for name, cases in CASES.items()
    ]
    processes = {
        "one": ["data.batch_size=4"],
        "two": ["trainer=ddp", "trainer.devices=2", "data.batch_size=2"],
    }
    for name, arguments in processes.items():
        done = Cli(folder)(
            *("train", "data=lctsc", f"data.root={root}", "split=explicit", *sets),
            *("logger=none", "report=false", *arguments, f"hydra.run.dir={name}"),
            # In float32 rounding alone, which training magnifies, makes differences of this size.
            *(f"trainer.accelerator={ACCELERATORS[backend]}", "trainer.precision=64"),
            "trainer.max_epochs=3",
        )
        assert done.returncode == 0, done.stderr
    return folder


@BACKENDS
def test_losses_accuracies_and_dscs(runs):
    one, two = (list(csv.DictReader((runs / n / "metrics.csv").open())) for n in ("one", "two"))
    names = [name for name in one[0] if "/" in name]
    assert len(one) == len(two) == 3
    assert len(names) == 9
    for before, after in zip(one, two, strict=True):
        for name in names:
            assert float(after[name]) == pytest.approx(float(before[name]), abs=1e-6), name


@BACKENDS
def test_counts_of_every_slice(runs):
    one, two = ((runs / n / "evaluation" / "slices.csv").read_text() for n in ("one", "two"))
    assert one == two
    # There is a batch of which one process has nothing: the last of the slices of a size.
    sizes = Counter(
        (row["split"], sum(int(row[key]) for key in ("tp", "fp", "fn", "tn")))
        for row in csv.DictReader(one.splitlines())
    )
    assert any(n % 4 == 1 for (split, _), n in sizes.items() if split == "train")
    assert any(n % 2 == 1 for (split, _), n in sizes.items() if split == "val")
