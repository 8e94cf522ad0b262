"""What people give as a run or a checkpoint."""

import pytest

from lungseg.errors import DataError
from lungseg.runs.named import require_weights, weights_of_run


@pytest.fixture
def sweep(tmp_path):
    """Two runs of a sweep; the second chose by a validation set."""
    for job, names in (("0", ["last"]), ("1", ["last", "best"])):
        (tmp_path / job / "checkpoints").mkdir(parents=True)
        (tmp_path / job / "status.json").touch()
        for name in names:
            (tmp_path / job / "checkpoints" / f"{name}.ckpt").touch()
    return tmp_path


def test_what_is_right(sweep):
    assert weights_of_run(sweep / "0") == sweep / "0" / "checkpoints" / "last.ckpt"
    assert weights_of_run(sweep / "1") == sweep / "1" / "checkpoints" / "best.ckpt"
    require_weights(sweep / "1" / "checkpoints" / "last.ckpt")


@pytest.mark.parametrize(
    ("check", "name", "message", "shown"),
    [
        (weights_of_run, "", "run: a folder with 2 runs below it; give one", "0"),
        (weights_of_run, "0/checkpoints/last.ckpt", "run: a file; give the folder of the run", "="),
        (weights_of_run, "2", "no such run folder", "="),
        (weights_of_run, "empty", "no checkpoint here", "empty/checkpoints/last.ckpt"),
        (require_weights, "0", "give its weights: ckpt=RUN/checkpoints/last.ckpt",
         "0/checkpoints/last.ckpt"),
        (require_weights, "1", "give its weights: ckpt=RUN/checkpoints/best.ckpt",
         "1/checkpoints/best.ckpt"),
        (require_weights, "empty", "ckpt: a folder; give a file, such as ckpt=RUN/ch", "="),
        (require_weights, "0/last.ckpt", "no checkpoint here", "="),
    ],
)  # fmt: skip
def test_what_was_meant(sweep, check, name, message, shown):
    """The path beside the line is that of what was meant, where it is known."""
    (sweep / "empty").mkdir()
    with pytest.raises(DataError, match=message) as refusal:
        check(sweep / name)
    assert refusal.value.path == sweep / (name if shown == "=" else shown)


def test_a_run_that_left_no_weights_is_no_folder_of_runs(sweep):
    (sweep / "0" / "checkpoints" / "last.ckpt").unlink()
    with pytest.raises(DataError, match="^no checkpoint here"):
        weights_of_run(sweep / "0")
