"""In what runs differ, and labels that say so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lungseg.config import canonical
from lungseg.runs.defaults import is_default
from lungseg.runs.read import Run
from lungseg.runs.settings import concerns_result

SEED = "seed"
TARGET = "_target_"
VAGUE = (SEED, "train", "val", "test", "name")
"""Last words that would mislead alone: ``split.seed`` is not the seed of a training."""


@dataclass(frozen=True)
class Varied:
    """A setting that differs between runs, as a reader knows it.

    Attributes:
        name: A configuration key; or of a choice, its group (``optimizer``) or the place of the
            class (``scheduler.scheduler``).
        chosen: Whether it is a group's option or, where there is none, a class.
        by_class: Whether it is the class, whatever the option is called.
    """

    name: str
    chosen: bool = False
    by_class: bool = False

    def of(self, run: Run) -> Any:
        """A run's value, such as ``sgd`` or 0.1; None where it has no such setting."""
        if not self.chosen:
            return run.config.get(self.name)
        target = run.config.get(f"{self.name}.{TARGET}")
        last = str(target).rsplit(".", 1)[-1] if target else None
        return last if self.by_class else run.choices.get(self.name) or last


def differences(runs: Sequence[Run]) -> list[str]:
    """Configuration keys in which runs differ, without the seed.

    A setting that only repeats another one (``max_lr: ${optimizer.lr}``) is left out, for that one
    is in the list. So is a setting that was never typed and comes with another class, such as the
    momentum of SGD, which Adam lacks.

    Args:
        runs: With their configurations; those of masks made elsewhere do not count, as they have
            no settings of a training.

    Returns:
        Dotted keys, in the order of the configuration.
    """
    runs = [run for run in runs if run.trained]
    keys = dict.fromkeys(key for run in runs for key in run.config)
    differing = [
        key
        for key in keys
        if key != SEED
        and concerns_result(key)
        and _differ([run.config.get(key) for run in runs])
        and not _derived(key, runs)
        and not _came_later(key, runs)
    ]
    classes = [Varied(key.removesuffix(f".{TARGET}"), chosen=True, by_class=True)
               for key in differing if key.endswith(f".{TARGET}")]  # fmt: skip
    return [key for key in differing if key.endswith(TARGET) or not _comes_with(key, classes, runs)]


def varied_settings(runs: Sequence[Run], keys: Sequence[str]) -> list[Varied]:
    """The differences as a reader knows them: a group's option stands for all that it sets.

    Args:
        runs: That differ.
        keys: In which, of `differences`.
    """
    groups = dict.fromkeys(group for run in runs for group in run.choices)
    heads = [
        Varied(group, chosen=True)
        for group in groups
        if _differ([run.choices.get(group) for run in runs])
        and any(key == group or key.startswith(f"{group}.") for key in keys)
    ]
    for key in keys:
        name = key.removesuffix(f".{TARGET}")
        if name != key and not _comes_with(key, heads, runs):
            heads.append(Varied(name, chosen=True, by_class=True))
    shown: dict[Varied, None] = {}
    for key in keys:
        shown |= dict.fromkeys(head for head in heads if _below(key, head))
        if not key.endswith(TARGET) and not _comes_with(key, heads, runs):
            shown[Varied(key)] = None
    return list(shown)


def _comes_with(key: str, heads: Sequence[Varied], runs: Sequence[Run]) -> bool:
    """Whether a value follows from what was chosen above it, and was not typed."""
    above = [head for head in heads if _below(key, head)]
    if not above or any(_typed(key, run) for run in runs):
        return False
    values: dict[str, set[str]] = {}
    for run in runs:
        choice = canonical([head.of(run) for head in above])
        values.setdefault(choice, set()).add(canonical(run.config.get(key)))
    return all(len(each) == 1 for each in values.values())


def _below(key: str, head: Varied) -> bool:
    return key == head.name or key.startswith(f"{head.name}.")


def _typed(key: str, run: Run) -> bool:
    return any(text.lstrip("+").partition("=")[0] == key for text in run.overrides)


def _differ(values: Sequence[Any]) -> bool:
    return len({canonical(value) for value in values}) > 1


def _derived(key: str, runs: Sequence[Run]) -> bool:
    """Whether all runs with the key take its value from the same other setting."""
    texts = {run.derived.get(key) for run in runs if key in run.config}
    # Only another setting's value: that of an environment variable may have changed in between.
    return len(texts) == 1 and re.fullmatch(r"\$\{[\w.]+\}", str(texts.pop())) is not None


def _came_later(key: str, runs: Sequence[Run]) -> bool:
    """Whether runs that have a key have the default by which those without it were made."""
    having = [run.config for run in runs if key in run.config]
    others = [run.config for run in runs if key not in run.config]
    return bool(others) and all(is_default(key, one, other) for one in having for other in others)


def key_of(run: Run, keys: Sequence[str]) -> tuple[str, ...]:
    """A run's values of some keys, by which runs are grouped; masks of others are by themselves."""
    if not run.trained:
        return (run.name,)
    return tuple(canonical(run.config.get(key)) for key in keys)


def labels(named: Sequence[Run], runs: Sequence[Run], keys: Sequence[str]) -> list[str]:
    """Names for the settings of runs: only what distinguishes them, such as ``loss.alpha=0.2``.

    Where runs chose other options of a group, the option stands for all that it sets.

    Args:
        named: Runs to be named.
        runs: All that are compared, including these.
        keys: In which they differ.
    """
    trained = [run for run in runs if run.trained]
    shown = varied_settings(trained, keys)
    otherwise = "all alike" if len(trained) == len(runs) else None
    return [
        _label(run, shown) or otherwise or run.name if run.trained else f"masks {run.name}"
        for run in named
    ]


def _label(run: Run, shown: Sequence[Varied]) -> str:
    names = [varied.name for varied in shown]
    words = [
        f"{short_key(varied.name, names)}={shown_value(varied.of(run))}"
        for varied in shown
        if varied.of(run) is not None or varied.name in run.config
    ]
    return ", ".join(words)


def short_key(key: str, keys: Sequence[str]) -> str:
    """The last word of a key among several, where no other ends with it."""
    if len(keys) == 1:
        return key
    last = key.rsplit(".", 1)[-1]
    alone = sum(other.rsplit(".", 1)[-1] == last for other in keys) == 1
    return last if alone and not last.startswith("_") and last not in VAGUE else key


def shown_value(value: Any) -> str:
    """A setting's value as a person would type it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return f"[{', '.join(map(shown_value, value))}]"
    return str(value)


def cut(text: str, most: int = 40) -> str:
    """A text short enough for a cell or an axis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip(' ,')}…"
