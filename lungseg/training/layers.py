"""Which layers of a network train, and how fast: by patterns of the names of their parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from lungseg.arguments.numbers import is_number
from lungseg.errors import ConfigError

if TYPE_CHECKING:
    from torch import nn

FREEZE, SCALE = "freeze", "lr_scale"


def patterns_of(value: Any) -> list[str]:
    """The setting ``freeze``, as a list.

    Raises:
        ConfigError: If it is not a list of patterns.
    """
    if value is None:
        return []
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(map(_is_name, value)):
        raise ConfigError(
            f"{FREEZE}={value}: must be a list of patterns of names of parameters:"
            f" {FREEZE}=[encoder.*]"
        )
    return list(value)


def scales_of(value: Any) -> dict[str, float]:
    """The setting ``lr_scale``, as factors by pattern.

    Raises:
        ConfigError: If it is not a list of patterns with a number above 0 each.
    """
    wrong = ConfigError(
        f"{SCALE}={value}: must be a list of patterns of names of parameters, each with a number"
        f" above 0: {SCALE}=[{{encoder.*: 0.1}}]"
    )
    if value is None:
        return {}
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise wrong
    scales: dict[str, float] = {}
    for one in value:
        if not isinstance(one, Mapping):
            raise wrong
        for pattern, factor in one.items():
            if not _is_name(pattern) or not is_number(factor) or not factor > 0:
                raise wrong
            scales.setdefault(str(pattern), float(factor))
    return scales


def freeze(net: nn.Module, patterns: Sequence[str]) -> None:
    """Let parameters stay as they are, and batch norm of frozen layers keep its statistics.

    Args:
        net: The network.
        patterns: Of names of its parameters, as in a shell: ``encoder.0.*``.

    Raises:
        ConfigError: If a pattern matches no parameter, or nothing is left to train.
    """
    for pattern in patterns:
        for name in matching(net, pattern, FREEZE):
            net.get_parameter(name).requires_grad_(False)
    if not any(parameter.requires_grad for parameter in net.parameters()):
        raise ConfigError(f"{FREEZE}=[{','.join(patterns)}]: leaves nothing to train")
    hold_statistics(net)


def hold_statistics(net: nn.Module) -> None:
    """Put batch norm whose parameters are all frozen into evaluation mode."""
    from torch.nn.modules.batchnorm import _NormBase

    for layer in net.modules():
        own = list(layer.parameters(recurse=False))
        if isinstance(layer, _NormBase) and own and not any(p.requires_grad for p in own):
            layer.eval()


def groups(
    net: nn.Module, parameters: Iterable[nn.Parameter], scales: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Groups of parameters for an optimizer, by the factor of their learning rate; 1 comes first.

    Args:
        net: The network, whose names the patterns match; the first that does counts.
        parameters: All that are trained, also those of the loss.
        scales: Factors by pattern.

    Raises:
        ConfigError: If a pattern matches no parameter.
    """
    factors: dict[int, float] = {}
    for pattern, factor in scales.items():
        for name in matching(net, pattern, SCALE):
            factors.setdefault(id(net.get_parameter(name)), factor)
    members: dict[float, list[nn.Parameter]] = {1.0: []}
    for parameter in parameters:
        members.setdefault(factors.get(id(parameter), 1.0), []).append(parameter)
    return [{"params": own, SCALE: factor} for factor, own in members.items() if own]


def matching(net: nn.Module, pattern: str, setting: str) -> list[str]:
    """Names of the parameters that a pattern matches.

    Raises:
        ConfigError: If there are none.
    """
    names = [name for name, _ in net.named_parameters()]
    matched = [name for name in names if fnmatchcase(name, pattern)]
    if not matched:
        close = get_close_matches(pattern, names, n=1, cutoff=0.4)
        parts = dict.fromkeys(f"{name.split('.')[0]}.*" for name in names)
        hint = f"did you mean {close[0]}? " if close else ""
        raise ConfigError(
            f"{setting}: {pattern} matches no parameter of the model; {hint}there are"
            f" {', '.join(parts)}"
        )
    return matched


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)
