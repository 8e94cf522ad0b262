"""Which settings are searched, and over which values."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from lungseg.errors import ConfigError
from lungseg.privacy import PATHS

WORDS = ("low", "high", "log", "step", "type", "choices", "when")
Point = dict[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A searched setting.

    Attributes:
        key: E.g. ``loss.alpha``.
        distribution: Its values.
        when: For each of other searched settings the values with which this one exists.
        typed: Whether the range says if it means whole numbers.
    """

    key: str
    distribution: BaseDistribution
    when: dict[str, list[Any]]
    typed: bool

    def exists(self, point: Point) -> bool:
        """Whether it is searched with these values of the settings before it."""
        return all(key in point and point[key] in values for key, values in self.when.items())

    def values(self) -> list[Any] | None:
        """All values in order; None where they are infinite."""
        distribution = self.distribution
        if isinstance(distribution, CategoricalDistribution):
            return list(distribution.choices)
        if isinstance(distribution, IntDistribution):
            return list(range(distribution.low, distribution.high + 1, distribution.step))
        assert isinstance(distribution, FloatDistribution)
        if distribution.step is None:
            return None
        steps = round((distribution.high - distribution.low) / distribution.step)
        return [distribution.low + i * distribution.step for i in range(steps + 1)]


class Space:
    """Searched settings, each after those that it depends on."""

    def __init__(self, parameters: list[Parameter]) -> None:
        self.parameters = parameters

    def points(self) -> Iterator[Point] | None:
        """All points; None where they are infinite."""
        if any(parameter.values() is None for parameter in self.parameters):
            return None
        return self._points({}, self.parameters)

    def _points(self, begun: Point, left: list[Parameter]) -> Iterator[Point]:
        if not left:
            yield begun
            return
        first, *rest = left
        values = (first.values() or []) if first.exists(begun) else [None]
        for value in values:
            yield from self._points(
                {**begun, first.key: value} if first.exists(begun) else begun, rest
            )

    def corners(self) -> list[Point]:
        """A few points with every setting, and with every choice on which another one depends."""
        depended = {key for parameter in self.parameters for key in parameter.when}
        few = [
            (parameter.values() or [])
            if parameter.key in depended
            else [_low(parameter.distribution)]
            for parameter in self.parameters
        ]
        corners: list[Point] = []
        for values in itertools.islice(itertools.product(*few), 200):
            point: Point = {}
            for parameter, value in zip(self.parameters, values, strict=True):
                if parameter.exists(point):
                    point[parameter.key] = value
            if point not in corners:
                corners.append(point)
        return corners

    def facts(self) -> dict[str, Any]:
        """The space as plain containers, to be compared with another's."""
        return {
            parameter.key: {
                "kind": type(parameter.distribution).__name__.removesuffix("Distribution").lower(),
                **{
                    name: list(value) if isinstance(value, tuple) else value
                    for name, value in parameter.distribution._asdict().items()
                },
                "when": parameter.when,
            }
            for parameter in sorted(self.parameters, key=lambda parameter: parameter.key)
        }


def read_space(written: Mapping[str, Any]) -> Space:
    """Read a search space.

    Each setting, nested or with dots, has ``low`` and ``high`` (and ``log``, ``step``,
    ``type: int``) or ``choices``; ``when: {other setting: value or values}`` limits it to points
    in which another searched setting has these.

    Example:
        >>> space = read_space({"optimizer.lr": {"low": 1e-3, "high": 1, "log": True}})
        >>> space.parameters[0].distribution
        FloatDistribution(high=1.0, log=True, low=0.001, step=None)

    Raises:
        ConfigError: Naming the first invalid range.
    """
    ranges = ranges_of(written)
    if not ranges:
        raise ConfigError(
            "hydra.sweeper.space: is empty; it needs a range, e.g. {loss.alpha: {low: 0, high: 1}}"
        )
    for key in ranges:
        if key in PATHS:
            raise ConfigError(
                f"hydra.sweeper.space.{key}: a path is not searched, for a study keeps its values;"
                f" without a search, -m {key}=A,B starts one job for each"
            )
    parameters = {key: _parameter(key, given) for key, given in ranges.items()}
    ordered: dict[str, Parameter] = {}
    for key, parameter in parameters.items():
        for other, values in parameter.when.items():
            _check_when(key, other, values, parameters)
    while len(ordered) < len(parameters):
        ready = [
            key
            for key, parameter in parameters.items()
            if key not in ordered and all(other in ordered for other in parameter.when)
        ]
        if not ready:
            left = ", ".join(key for key in parameters if key not in ordered)
            raise ConfigError(f"hydra.sweeper.space: the conditions of {left} form a circle")
        ordered |= {key: parameters[key] for key in ready}
    return Space(list(ordered.values()))


def ranges_of(written: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Ranges as written, by setting with dots; those that are null are left out."""
    return dict(_ranges(written))


def override(key: str, value: Any) -> str:
    """A setting with its value as Hydra reads it."""
    if value is None or isinstance(value, bool):
        return f"{key}={ {None: 'null', True: 'true', False: 'false'}[value] }"
    if isinstance(value, int | float):
        return f"{key}={value!r}"
    plain = re.fullmatch(r"[A-Za-z_][\w/.-]*", value)
    if plain and value.lower() not in ("true", "false", "null", "nan", "inf"):
        return f"{key}={value}"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{key}='{escaped}'"


def _ranges(written: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, given in written.items():
        key = f"{prefix}{name}"
        if given is None:  # taken out on the command line
            continue
        if not isinstance(given, Mapping):
            raise ConfigError(
                f"hydra.sweeper.space.{key}={given}: is not a range; write {{low: …, high: …}} or"
                " {choices: [a, b]} below a setting"
            )
        if {"low", "high", "choices"} & set(given):
            yield key, dict(given)
        else:
            yield from _ranges(given, f"{key}.")


def _parameter(key: str, given: dict[str, Any]) -> Parameter:
    def wrong(what: str) -> ConfigError:
        return ConfigError(f"hydra.sweeper.space.{key}: {what}")

    for word in given:
        if word not in WORDS:
            # One that begins alike before one that looks alike: "lo" is low, not log.
            close = [w for w in WORDS if w.startswith(word)] or get_close_matches(word, WORDS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(WORDS)}"
            raise wrong(f"{word}: no such word in a range; {hint}")
    when = given.get("when") or {}
    if not isinstance(when, Mapping):
        raise wrong(f"when={when}: must say {{setting: value}}")
    conditions = {
        str(other): list(values) if isinstance(values, list) else [values]
        for other, values in when.items()
    }
    distribution = _choices(given, wrong) if "choices" in given else _interval(given, wrong)
    return Parameter(key, distribution, conditions, "type" in given or "choices" in given)


def _choices(given: dict[str, Any], wrong: Any) -> BaseDistribution:
    choices = given["choices"]
    if set(given) - {"choices", "when"}:
        raise wrong("choices exclude low, high, log, step and type")
    if not isinstance(choices, list) or not choices:
        raise wrong(f"choices={choices}: must be a list of values")
    for choice in choices:
        if not isinstance(choice, str | int | float | bool | None):
            raise wrong(f"choice {choice}: must be a number, a word, true, false or null")
    if len({repr(choice) for choice in choices}) < len(choices):
        raise wrong("a choice is listed twice")
    return CategoricalDistribution(choices)


def _interval(given: dict[str, Any], wrong: Any) -> BaseDistribution:
    kind, log = given.get("type", "float"), given.get("log", False)
    if kind not in ("float", "int"):
        raise wrong(f"type={kind}: must be float or int")
    if not isinstance(log, bool):
        raise wrong(f"log={log}: must be true or false")
    number = int if kind == "int" else (int, float)
    for word in ("low", "high", "step"):
        value = given.get(word)
        if value is None and word == "step":
            continue
        if not isinstance(value, number) or isinstance(value, bool):
            what = "a whole number" if kind == "int" else "a number"
            raise wrong(f"{word}={value}: must be {what}")
    low, high, step = given["low"], given["high"], given.get("step")
    if not low < high:
        raise wrong(f"low={low}, high={high}: low must be below high")
    if log and low <= 0:
        raise wrong(f"low={low}: must be above 0 on a log scale")
    if step is not None and (step <= 0 or step > high - low):
        raise wrong(f"step={step}: must be above 0 and no wider than the range")
    if log and step is not None:
        raise wrong("log and step exclude each other")
    if step is not None and abs((high - low) / step - round((high - low) / step)) > 1e-9:
        raise wrong(f"step={step}: must divide the range from low={low} to high={high}")
    if kind == "int":
        return IntDistribution(low, high, log=log, step=step or 1)
    return FloatDistribution(float(low), float(high), log=log, step=step)


def _check_when(key: str, other: str, values: list[Any], parameters: dict[str, Parameter]) -> None:
    where = f"hydra.sweeper.space.{key}.when.{other}"
    if other not in parameters:
        raise ConfigError(f"{where}: {other} is not searched; these are: {', '.join(parameters)}")
    distribution = parameters[other].distribution
    if not isinstance(distribution, CategoricalDistribution):
        raise ConfigError(f"{where}: {other} must have choices")
    for value in values:
        if value not in distribution.choices:
            choices = list(distribution.choices)
            raise ConfigError(f"{where}={value}: is not among its choices {choices}")


def _low(distribution: BaseDistribution) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[0]
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    return distribution.low
