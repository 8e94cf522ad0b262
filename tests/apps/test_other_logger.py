"""``lungseg train logger._target_=…`` with a logger of Lightning."""

import csv
import json
import logging

import pytest

from lungseg.cli import main


def test_a_csv_logger_gets_the_rows_of_metrics_csv(phantom_root, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]
    code = main(
        ["train", "data=lctsc", f"data.root={phantom_root}", "hydra.run.dir=run", "report=false",
         "model.base_channels=2", "model.depth=1", "trainer.max_epochs=2",
         "trainer.accelerator=cpu", "trainer.devices=auto",
         "logger._target_=pytorch_lightning.loggers.CSVLogger"]
    )  # fmt: skip
    logging.getLogger().handlers[:] = handlers
    assert code == 0, capfd.readouterr().err
    made_by = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert made_by["devices"] == {"kind": "cpu", "name": None, "number": 1}
    assert not (tmp_path / "outputs" / "wandb").exists()
    ours, theirs = (
        list(csv.DictReader((tmp_path / "run" / name).open()))
        for name in ("metrics.csv", "lightning_logs/version_0/metrics.csv")
    )
    assert len(ours) == len(theirs) == 2
    for row, logged in zip(ours, theirs, strict=True):
        for name in ("epoch", "train/loss", "test/loss", "test/dsc", "lr"):
            assert float(logged[name]) == pytest.approx(float(row[name]), nan_ok=True)
        assert logged["step"] == row["epoch"]
