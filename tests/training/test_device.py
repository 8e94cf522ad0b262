"""Devices that are not there are refused in one line; those that are there are recorded."""

from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch

from lungseg.errors import ConfigError
from lungseg.training.device import check_accelerator, check_names, check_precision, devices_of


def machine(monkeypatch, *, gpus=0, mps=False, built_with="12.8"):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.version, "cuda", built_with)


@pytest.mark.parametrize("accelerator", ["cuda", "gpu", "mps"])
def test_what_is_not_there_is_refused(accelerator, monkeypatch):
    machine(monkeypatch)
    with pytest.raises(
        ConfigError, match=f"trainer.accelerator={accelerator}: torch finds no such"
    ):
        check_accelerator({"accelerator": accelerator, "devices": 1})


def test_a_torch_without_cuda_is_the_reason_given(monkeypatch):
    machine(monkeypatch, built_with=None)
    with pytest.raises(ConfigError, match="this torch is one without CUDA"):
        check_accelerator({"accelerator": "cuda"})
    with pytest.raises(ConfigError, match=r"here; trainer\.accelerator=auto"):
        check_accelerator({"accelerator": "mps"})


@pytest.mark.parametrize(
    ("trainer", "there"),
    [
        ({}, {}),
        ({"accelerator": "cpu", "devices": 4}, {}),
        ({"accelerator": "auto", "devices": 2}, {}),  # processes on the CPU
        ({"accelerator": "cuda", "devices": 2}, {"gpus": 2}),
        ({"accelerator": "gpu", "devices": "auto"}, {"gpus": 1}),
        ({"accelerator": "gpu", "devices": 1}, {"mps": True}),
        ({"accelerator": "cuda", "devices": -1}, {"gpus": 1}),
    ],
)
def test_what_is_there_is_accepted(trainer, there, monkeypatch):
    machine(monkeypatch, **there)
    check_names(trainer)
    check_accelerator(trainer)


@pytest.mark.parametrize("accelerator", ["auto", "cuda", "gpu"])
def test_more_gpus_than_there_are(accelerator, monkeypatch):
    machine(monkeypatch, gpus=1)
    with pytest.raises(ConfigError, match=r"trainer.devices=2: torch finds 1 GPU\(s\) here"):
        check_accelerator({"accelerator": accelerator, "devices": 2})


@pytest.mark.parametrize("devices", [0, -2, None, True, 1.5, ""])
def test_a_number_of_devices_that_is_none(devices):
    with pytest.raises(ConfigError, match=f"trainer.devices={devices}: must be how many"):
        check_names({"devices": devices})


def test_names_that_do_not_exist():
    with pytest.raises(ConfigError, match="trainer.accelerator=cud: must be one of auto, cpu"):
        check_names(SimpleNamespace(get={"accelerator": "cud"}.get))
    with pytest.raises(ConfigError, match="trainer.precision=17: must be auto or one of 32"):
        check_precision(17)


@pytest.mark.parametrize("devices", [1, 2])
def test_processes_on_a_cpu(devices):
    trainer = pl.Trainer(accelerator="cpu", devices=devices, logger=False)
    assert devices_of(trainer) == {"kind": "cpu", "name": None, "number": devices}


def test_several_machines_with_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU {device.index}")
    strategy = SimpleNamespace(root_device=torch.device("cuda", 0))
    trainer = SimpleNamespace(strategy=strategy, num_devices=4, num_nodes=2)
    assert devices_of(trainer) == {"kind": "cuda", "name": "GPU 0", "number": 8}
