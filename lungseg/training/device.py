"""Precision that suits the hardware."""

from __future__ import annotations

from typing import Any

import torch

from lungseg.errors import ConfigError

PRECISIONS = ("32", "32-true", "bf16-mixed", "16-mixed", "64", "64-true")


def cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bf16 natively (AVX512-BF16, AMX); emulated, fp32 is faster."""
    # Absent from older torch, which then stays in fp32.
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def resolve_precision(precision: str | int, accelerator: str) -> str:
    """The Trainer's ``precision`` for ``auto``: bf16 autocast where it is native, else fp32.

    Args:
        precision: ``auto``, or any that Lightning knows; passed through.
        accelerator: As given to the Trainer.

    Raises:
        ConfigError: If the precision is unknown.
    """
    if precision != "auto":
        if str(precision) not in PRECISIONS:
            raise ConfigError(
                f"trainer.precision={precision}: must be auto or one of {', '.join(PRECISIONS)}"
            )
        return str(precision)
    if accelerator in ("cuda", "gpu", "auto") and torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    if accelerator in ("cpu", "auto") and not _on_mps(accelerator) and cpu_has_bf16():
        return "bf16-mixed"
    return "32-true"


def _on_mps(accelerator: str) -> bool:
    return accelerator == "auto" and torch.backends.mps.is_available()
