"""Devices that are there, and the precision that suits them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lungseg.errors import ConfigError

PRECISIONS = ("32", "32-true", "bf16-mixed", "16-mixed", "64", "64-true")

ALL = -1  # Lightning's number for all devices
ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps", "tpu")


def check_names(trainer: Any) -> None:
    """Check the names of accelerator and devices, whatever this machine has.

    Args:
        trainer: Settings of the Trainer.

    Raises:
        ConfigError: If there is no such accelerator, or the number of devices is none.
    """
    accelerator, devices = trainer.get("accelerator", "auto"), trainer.get("devices", "auto")
    if isinstance(accelerator, str) and accelerator not in ACCELERATORS:
        raise ConfigError(
            f"trainer.accelerator={accelerator}: must be one of {', '.join(ACCELERATORS)}"
        )
    number = isinstance(devices, int) and not isinstance(devices, bool)
    if (
        devices in (None, "")
        or not (number or isinstance(devices, str | Sequence))
        or (number and devices < 1 and devices != ALL)
    ):
        raise ConfigError(
            f"trainer.devices={devices}: must be how many, 1 or more, or auto, or a list of GPUs"
        )


def check_accelerator(trainer: Any) -> None:
    """Check that this machine has what the Trainer is to run on.

    Args:
        trainer: As for :func:`check_names`.

    Raises:
        ConfigError: If it has no such accelerator, or fewer devices.
    """
    import torch

    accelerator, devices = trainer.get("accelerator", "auto"), trainer.get("devices", "auto")
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    there = {"cuda": cuda, "mps": mps, "gpu": cuda or mps}
    if not there.get(accelerator, True):
        why = (
            "" if torch.version.cuda or accelerator == "mps" else "; this torch is one without CUDA"
        )
        raise ConfigError(
            f"trainer.accelerator={accelerator}: torch finds no such device here{why};"
            " trainer.accelerator=auto takes what there is"
        )
    n = torch.cuda.device_count()
    if cuda and accelerator in ("auto", "cuda", "gpu") and isinstance(devices, int) and devices > n:
        raise ConfigError(f"trainer.devices={devices}: torch finds {n} GPU(s) here")


def cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bf16 natively (AVX512-BF16, AMX); emulated, fp32 is faster."""
    import torch

    # Absent from older torch, which then stays in fp32.
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def check_precision(precision: object) -> None:
    """Check the name of a precision.

    Raises:
        ConfigError: If it is unknown.
    """
    if precision != "auto" and str(precision) not in PRECISIONS:
        raise ConfigError(
            f"trainer.precision={precision}: must be auto or one of {', '.join(PRECISIONS)}"
        )


def resolve_precision(precision: str | int, accelerator: str) -> str:
    """The Trainer's ``precision`` for ``auto``: bf16 autocast where it is native, else fp32.

    Args:
        precision: ``auto``, or any that Lightning knows; passed through.
        accelerator: As given to the Trainer.

    Raises:
        ConfigError: If the precision is unknown.
    """
    check_precision(precision)
    if precision != "auto":
        return str(precision)
    import torch

    if accelerator in ("cuda", "gpu", "auto") and torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    if accelerator in ("cpu", "auto") and not _on_mps(accelerator) and cpu_has_bf16():
        return "bf16-mixed"
    return "32-true"


def _on_mps(accelerator: str) -> bool:
    import torch

    return accelerator == "auto" and torch.backends.mps.is_available()


def devices_of(trainer: Any) -> dict[str, Any]:
    """What ``trainer.accelerator`` and ``trainer.devices`` came to, for the provenance.

    Args:
        trainer: A Trainer of Lightning.

    Returns:
        ``kind`` (such as ``cuda``), ``name`` of the first device (None for a CPU), and ``number``
        of devices on all machines.
    """
    import torch

    device = trainer.strategy.root_device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else None
    return {"kind": device.type, "name": name, "number": trainer.num_devices * trainer.num_nodes}
