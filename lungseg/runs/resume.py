"""Whether a run may resume from a checkpoint."""

from __future__ import annotations

from typing import Any

from lungseg.config import flatten
from lungseg.errors import ConfigError
from lungseg.moved import current_names
from lungseg.privacy import HIDDEN

# May differ in a resumed run: where things are, how fast and how long it runs, who watches; and how
# the cases are read, for their hash is compared.
FREE = ("trainer.", "logger.", "callbacks.", "outputs", "ckpt_path", "data.num_workers",
        "data.cache_gib", "data.store", "data.export_npz", "data.root", "data.source.",
        "data.masks", "data.numbers", "metrics.empty_dsc", "report")  # fmt: skip


def differences(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Settings that shape the weights and differ between two configurations: both values by key."""
    before, now = (flatten(current_names(config)) for config in (old, new))
    found = {}
    for key in sorted(before.keys() | now.keys()):
        values = before.get(key), now.get(key)
        if not key.startswith(FREE) and HIDDEN not in values and values[0] != values[1]:
            found[key] = values
    return found


def refuse_other_run(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Stop when a run that goes on is not the one that its checkpoint comes from.

    Args:
        old: Record of the checkpoint.
        new: Record of the run that is to start from it.

    Raises:
        ConfigError: If settings that shape the weights differ, or the split or the data do.
    """
    for key, (before, now) in differences(old["config"], new["config"]).items():
        raise ConfigError(
            f"{key}={now}: the checkpoint's run had {before}; go on with the overrides"
            " of that run (its .hydra/overrides.yaml)"
        )
    for key, what in (("cohort_sha256", "cases"), ("split", "split")):
        if old[key] != new[key]:
            raise ConfigError(f"ckpt_path: the {what} differ from those of the checkpoint's run")
