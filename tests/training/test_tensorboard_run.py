"""TensorBoard's files, read by its own reader."""

import math
import socket
import struct

import pytest

pytest.importorskip("tensorboard")

from lungseg.training.tensorboard_run import start_run

ROWS = [{"epoch": k, "train/loss": 0.1 + k, "test/dsc": math.nan if k else 0.3} for k in range(3)]


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0})
    return reader.Reload()


def points(reader, name):
    return [(event.step, event.value) for event in reader.Scalars(name)]


def single(value):
    """As TensorBoard keeps a number, in four bytes."""
    return struct.unpack("f", struct.pack("f", value))[0]


def test_a_resumed_run_has_each_point_once_with_its_last_value(tmp_path):
    folder = tmp_path / "$HOME ~x"  # Lightning would look for it elsewhere
    for rows, changed in ((ROWS[:2], 0.0), (ROWS, 0.5)):
        run = start_run(save_dir=folder, recorded={"loss": {"alpha": 0.3 + changed}})
        for row in rows:
            run.log_metrics(row | {"seconds": row["epoch"] + changed}, step=row["epoch"])
            run.save()
        run.finalize("success")  # by Lightning, before the evaluation
        summary = {"test": {"recall": {"value": 0.25, "n": 3}, "empty_dsc": "zero"}}
        run.log_summary(summary, len(rows) - 1)
        run.finish()
        assert f"loss.alpha: {0.3 + changed}" in (folder / "tensorboard/hparams.yaml").read_text()
    assert list(tmp_path.iterdir()) == [folder]
    reader = read(folder)
    assert points(reader, "train/loss") == [(k, single(0.1 + k)) for k in range(3)]
    assert points(reader, "seconds") == [(k, k + 0.5) for k in range(3)]
    assert points(reader, "test/dsc")[0] == (0, single(0.3))
    assert math.isnan(points(reader, "test/dsc")[1][1])
    assert points(reader, "evaluation/test/recall") == [(2, 0.25)]
    assert points(reader, "evaluation/test/recall/n") == [(2, 3)]
    assert "evaluation/test/empty_dsc" not in reader.Tags()["scalars"]


def test_files_do_not_name_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "quasimodo")
    run = start_run(save_dir=tmp_path, recorded={"seed": 0})
    run.log_metrics({"epoch": 0}, step=0)
    run.finish()
    (file,) = (tmp_path / "tensorboard").glob("events.*")
    assert "quasimodo" not in file.name
    assert b"quasimodo" not in file.read_bytes()
    assert socket.gethostname() == "quasimodo"
