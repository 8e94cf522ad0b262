"""In what runs differ, and what each of them is called by it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lungseg.report.runs import Run

SEED = "seed"
# Where things are, how fast it went and who watched: no question that a comparison asks.
ASIDE = ("outputs", "ckpt_path", "report", "logger.", "callbacks.progress.", "data.num_workers",
         "data.cache_gib", "data.store", "data.export_npz", "data.root",
         "data.source.root")  # fmt: skip


def differences(runs: Sequence[Run]) -> list[str]:
    """Configuration keys in which runs differ, without the seed.

    A setting that only repeats another one (``max_lr: ${optimizer.lr}``) is left out: what it
    repeats is in the list.

    Args:
        runs: With their configurations.

    Returns:
        Dotted keys, in the order of the configuration.
    """
    keys = dict.fromkeys(key for run in runs for key in run.config)
    return [
        key
        for key in keys
        if key != SEED
        and not key.startswith(ASIDE)
        and len({canonical(run.config.get(key)) for run in runs}) > 1
        and not _derived(key, runs)
    ]


def _derived(key: str, runs: Sequence[Run]) -> bool:
    """Whether all runs that have the key take its value from elsewhere, and from one place."""
    texts = {run.derived.get(key) for run in runs if key in run.config}
    return len(texts) == 1 and None not in texts


def canonical(value: Any) -> str:
    """Text that is equal for equal values: 1 and 1.0 are."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    return json.dumps(value, sort_keys=True, default=str)


def key_of(run: Run, keys: Sequence[str]) -> tuple[str, ...]:
    """A run's values of some keys, to group runs by."""
    return tuple(canonical(run.config.get(key)) for key in keys)


def label(run: Run, runs: Sequence[Run], keys: Sequence[str]) -> str:
    """What to call a run's settings: only what tells them apart, such as ``loss.alpha=0.2``.

    Where runs chose other options of a group, the option stands for all that it sets.

    Args:
        run: To be named.
        runs: All that are compared, this one among them.
        keys: In which they differ.
    """
    words = []
    chosen = [group for group in run.choices if len({r.choices.get(group) for r in runs}) > 1]
    for group in chosen:
        if any(key.startswith(f"{group}.") for key in keys):
            words.append(f"{group}={run.choices[group]}")
    for key in keys:
        group = key.split(".")[0]
        alike = [r for r in runs if r.choices.get(group) == run.choices.get(group)]
        if group not in chosen or len({canonical(r.config.get(key)) for r in alike}) > 1:
            words.append(f"{short_key(key, keys)}={shown_value(run.config.get(key))}")
    return ", ".join(words) or "all alike"


def short_key(key: str, keys: Sequence[str]) -> str:
    """The last word of a key among several, where no other ends with it."""
    if len(keys) == 1:
        return key
    last = key.rsplit(".", 1)[-1]
    alone = sum(other.rsplit(".", 1)[-1] == last for other in keys) == 1
    return last if alone and not last.startswith("_") else key


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
