"""Nothing may be chosen by its results on the test set."""

from __future__ import annotations

from difflib import get_close_matches

from omegaconf import DictConfig, OmegaConf

from lungseg.config import flatten
from lungseg.errors import ConfigError

SETS, NUMBERS = ("train", "val", "test"), ("loss", "accuracy", "dsc")
LOGGED = [f"{name}/{number}" for name in SETS for number in NUMBERS]


def monitors(config: DictConfig) -> dict[str, str]:
    """All settings named ``monitor``, by key, with what they finally say."""
    # Unresolved, since settings that no monitor needs may be missing still.
    plain = OmegaConf.to_container(config, resolve=False)
    assert isinstance(plain, dict)
    keys = [key for key in flatten({str(k): v for k, v in plain.items()}) if _is_monitor(key)]
    values = {key: OmegaConf.select(config, key) for key in keys}
    return {key: str(value) for key, value in values.items() if value is not None}


def _is_monitor(key: str) -> bool:
    return key.split(".")[-1] == "monitor"


def refuse_test_selection(config: DictConfig) -> None:
    """Stop when anything watches the test set, or what no epoch logs.

    Raises:
        ConfigError: If a monitor names ``test/…`` and ``allow_test_selection`` is not true, or a
            name that does not exist.
    """
    for key, value in monitors(config).items():
        check_monitor(key, value, allow_test=config.allow_test_selection)


def check_monitor(key: str, value: str, *, allow_test: bool) -> None:
    """Check one monitor.

    Raises:
        ConfigError: As :func:`refuse_test_selection`.
    """
    if value not in LOGGED:
        close = get_close_matches(value, LOGGED, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(LOGGED)}"
        raise ConfigError(f"{key}={value}: nothing of that name is logged; {hint}")
    if value.startswith("test") and not allow_test:
        raise ConfigError(
            f"{key}={value}: would choose by the test set and make its numbers worthless;"
            " watch val/… with split.val set (or allow_test_selection=true, which is reported)"
        )


def refuse_twins(sets: dict[str, list[str]], image_sha256: dict[str, str]) -> None:
    """Stop when one scan is in two sets under different names.

    Args:
        sets: Names of the cases in each set.
        image_sha256: Hash of each case's image.

    Raises:
        ConfigError: Naming the first such pair.
    """
    seen: dict[str, tuple[str, str]] = {}
    for name, cases in sets.items():
        for case in cases:
            twin, where = seen.setdefault(image_sha256[case], (case, name))
            if where != name:
                raise ConfigError(
                    f"split: {twin} ({where}) and {case} ({name}) are the same image under two"
                    " names; put them in one set, or leave one out"
                )


def refuse_missing_set(config: DictConfig, sets: list[str]) -> None:
    """Stop when something watches a set that is never evaluated during training.

    The checkpoint callback is exempt: without a validation set it chooses nothing.

    Raises:
        ConfigError: If a monitor names a set that the split lacks, or evaluation is switched off.
    """
    for key, value in monitors(config).items():
        name = value.split("/")[0]
        if key.startswith("callbacks.checkpoint.") or name == "train":
            continue
        if name not in sets:
            raise ConfigError(
                f"{key}={value}: the split has no validation set; give one with split.val"
            )
        if not evaluates(config):
            raise ConfigError(
                f"{key}={value}: trainer.limit_val_batches=0 leaves every epoch without that number"
            )


def evaluates(config: DictConfig) -> bool:
    """Whether anything is evaluated during training."""
    return bool(config.trainer.get("limit_val_batches") != 0)
