"""Configurable experiments in lung segmentation of CT."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lungseg.inference.predictor import load as load

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """``lungseg.load``, imported only when it is used: help answers at once."""
    if name == "load":
        from lungseg.inference.predictor import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
