"""The class that a ``_target_`` names; where there is none, what is missing and what is near."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from lungseg.errors import ConfigError

EXTRAS = {"monai": "monai", "mlflow": "mlflow", "tensorboard": "tensorboard"}
"""Extras of ours by the packages that they install and settings name."""


@contextmanager
def current_folder_importable() -> Iterator[None]:
    """Let modules in the current folder be named, as ``python -m`` does, after all others.

    Last on the path, a file there replaces no installed module.
    """
    folder = str(Path.cwd())
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def locate(target: str, where: str) -> Any:
    """Import the class or function that a dotted name means.

    Args:
        target: Such as ``torch.optim.SGD``.
        where: Key of the node that names it, for errors.

    Raises:
        ConfigError: Naming the first part that does not exist, and the nearest that does.

    >>> locate("fractions.Fractoin", "model")
    Traceback (most recent call last):
    ...
    lungseg.errors.ConfigError: model: fractions has no Fractoin; did you mean fractions.Fraction?
    """
    first, *rest = target.split(".")
    if not rest or not all(part.isidentifier() for part in (first, *rest)):
        raise ConfigError(f"{where}: {target!r} is no dotted name of a class: package.module.Class")
    found: Any = _module(first, where, target)
    if found is None:
        raise ConfigError(f"{where}: {_no_package(first, target)}")
    name = first
    for part in rest:
        inside = getattr(found, part, None)
        if inside is None and isinstance(found, ModuleType):
            inside = _module(f"{name}.{part}", where, target)
        if inside is None:
            raise ConfigError(f"{where}: {name} has no {part}{_near(found, name, part)}")
        found, name = inside, f"{name}.{part}"
    if not callable(found):
        raise ConfigError(f"{where}: {target} is no class or function, so nothing can be built")
    return found


def _module(name: str, where: str, target: str) -> ModuleType | None:
    """A module; None where there is none of that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(f"{missing}."):
            return None
        raise needs(missing, where, target) from error
    except Exception as error:  # whatever a user's module does when it is imported
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigError(f"{where}: {name} cannot be imported: {what}") from error


def needs(package: str, where: str, target: str) -> ConfigError:
    """The error for a package that something needs and that is not installed."""
    extra = EXTRAS.get(package.partition(".")[0])
    hint = f": pip install 'lungseg[{extra}]'" if extra else ""
    return ConfigError(f"{where}: {target} needs the package {package}, which is not there{hint}")


def _no_package(name: str, target: str) -> str:
    if name in EXTRAS:
        return f"{target} needs {name}: pip install 'lungseg[{EXTRAS[name]}]'"
    there = [module.name for module in pkgutil.iter_modules()]
    close = get_close_matches(name, there, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"no package {name} is installed, nor is {name}.py in the current folder{hint}"


def _near(inside: Any, name: str, part: str) -> str:
    """What else is in a module, of a similar name."""
    below = [module.name for module in pkgutil.iter_modules(getattr(inside, "__path__", []))]
    close = get_close_matches(part, [*dir(inside), *below], n=1)
    return f"; did you mean {name}.{close[0]}?" if close else ""
