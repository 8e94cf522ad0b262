"""Whether a run may resume from a checkpoint."""

from __future__ import annotations

from typing import Any

from lungseg.config import flatten
from lungseg.errors import ConfigError
from lungseg.moved import current_names
from lungseg.privacy import HIDDEN
from lungseg.runs.defaults import is_default
from lungseg.runs.settings import Shapes, shapes

LENGTHS = ("trainer.max_epochs", "trainer.max_steps")
SAME = "; lungseg train resume=RUN takes the overrides of that run"
Differences = dict[str, tuple[Any, Any]]


def differences(old: dict[str, Any], new: dict[str, Any]) -> Differences:
    """Settings that shape the weights and differ between two configurations: both values by key."""
    return {
        key: values
        for key, values in _all_differences(old, new).items()
        if shapes(key) is Shapes.WEIGHTS
    }


def _all_differences(old: dict[str, Any], new: dict[str, Any]) -> Differences:
    before, now = (flatten(current_names(config)) for config in (old, new))
    values = {key: (before.get(key), now.get(key)) for key in sorted(before.keys() | now.keys())}
    return {
        key: (a, b)
        for key, (a, b) in values.items()
        if HIDDEN not in (a, b)
        and _plain(key, a) != _plain(key, b)
        and not (is_default(key, now, before) or is_default(key, before, now))
    }


def _plain(key: str, value: Any) -> Any:
    """Lightning's spellings of one precision are alike: 32, "32" and "32-true".

    ``auto`` stays: what the hardware makes of it is no setting.
    """
    return str(value).removesuffix("-true") if key == "trainer.precision" else value


def refuse_other_run(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Stop when a run is to resume from a checkpoint of another run.

    Args:
        old: Record of the checkpoint.
        new: Record of the run that is to start from it.

    Raises:
        ConfigError: If settings that shape the weights differ, or the split or the data do.
    """
    differing = _all_differences(old["config"], new["config"])
    shaping = [key for key in differing if shapes(key) is Shapes.WEIGHTS]
    longer = [key for key in LENGTHS if key in differing]
    steps = (new["config"].get("scheduler") or {}).get("steps_as")
    schedule = f"scheduler.steps_as={steps}" if steps and not shaping else ""
    follows = [key for key in shaping if longer and differing[key] == differing[longer[0]]]
    if shaping and follows == shaping:
        schedule = follows[0]  # T_max, which is trainer.max_epochs
    if schedule and longer:
        before, now = differing[longer[0]]
        raise ConfigError(
            f"{longer[0]}={as_word(now)}: the checkpoint's run had {as_word(before)}, and its"
            f" learning rates depend on it ({schedule}); init=RUN starts a new training from its"
            f" weights"
        )
    if shaping:
        before, now = differing[shaping[0]]
        raise ConfigError(
            f"{shaping[0]}={as_word(now)}: the checkpoint's run had {as_word(before)}{SAME}"
        )
    if old["cohort_sha256"] != new["cohort_sha256"]:
        why = _settings_of(differing, ("data.",))
        raise ConfigError(f"ckpt_path: the cases differ from those of the checkpoint's run{why}")
    if old["split"] != new["split"]:
        why = _settings_of(differing, ("split.", "data.patients"))
        raise ConfigError(f"ckpt_path: the split differs from that of the checkpoint's run{why}")


def refuse_shorter(epochs: int, max_epochs: int) -> None:
    """Stop where a checkpoint has more epochs than its run would record.

    Args:
        epochs: For which the checkpoint was trained.
        max_epochs: Of the run that is to start from it.

    Raises:
        ConfigError: If nothing would be trained and the record would be wrong.
    """
    if max_epochs < epochs:
        raise ConfigError(
            f"trainer.max_epochs={max_epochs}: the checkpoint was trained for {epochs} epochs"
            f" already; take {epochs} or more"
        )


def _settings_of(differing: Differences, keys: tuple[str, ...]) -> str:
    """The differing settings that may be why."""
    there = [
        f"{key}={as_word(now)}, there {as_word(before)}"
        for key, (before, now) in differing.items()
        if key.startswith(keys) and shapes(key) is Shapes.RESULT
    ]
    return f" ({'; '.join(there)})" if there else ""


def as_word(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)
