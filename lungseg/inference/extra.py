"""The packages with which models are exported and exported models run: an extra of ours."""

from __future__ import annotations

import importlib
from typing import Any

from lungseg.errors import ConfigError


def required(name: str, what: str) -> Any:
    """A package of the extra ``export``, imported.

    Args:
        name: ``onnx`` or ``onnxruntime``, or a module in one of them.
        what: Needs it, for the error.

    Raises:
        ConfigError: If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        raise ConfigError(
            f"{what} needs the package {package}: pip install 'lungseg[export]'"
        ) from error
