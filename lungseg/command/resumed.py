"""``resume=RUN``: the overrides of a run, taken from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lungseg.errors import ConfigError, DataError
from lungseg.overrides import split_override
from lungseg.privacy import HIDDEN
from lungseg.runs.checkpoint import LAST

KEY = "resume"
OWN = ("ckpt_path", KEY)
"""Settings that say where a run resumes: those of an earlier resume do not count."""
NOT_NEEDED = ("data.export_npz", "init")
"""Paths that a resumed run has no need of."""


def with_overrides_of_run(command: str, words: list[str]) -> list[str]:
    """The words of a command line, with ``resume=RUN`` replaced by the overrides of that run.

    What is typed besides replaces the run's own override of the same key; whether the run may
    resume with it is checked later, as for every resumed run.

    Args:
        command: Of lungseg.
        words: Overrides and flags, as typed.

    Raises:
        ConfigError: If a setting has to be typed again, or the words contradict each other.
        DataError: If there is no such run, or it left no checkpoint.
    """
    given = [word for word in words if _key(word) == KEY]
    if command != "train" or not given:
        return words
    others = [word for word in words if word not in given]
    typed = {_key(word) for word in others if not word.startswith("-")}
    if len(given) > 1 or "-m" in others or "--multirun" in others:
        raise ConfigError("resume: resumes one run: give it once, and without -m")
    if "ckpt_path" in typed:
        raise ConfigError("resume: gives ckpt_path; leave one of the two out")
    folder = Path(given[0].partition("=")[2])
    recorded = _recorded(folder)
    if any(_key(word) == "sweep" for word in recorded):
        raise ConfigError("resume: this run is a trial of a search: resume that, by its command")
    kept = [word for word in recorded if _key(word) not in typed | set(OWN)]
    hidden = [_key(word) for word in kept if HIDDEN in word and _key(word) != "init"]
    kept = [word for word in kept if HIDDEN not in word]
    if any(key == "data" or key.startswith("data.") for key in hidden):
        hidden, store = _without_source(folder, hidden, typed)
        kept += store
    if hidden:
        raise ConfigError(
            f"resume: not recorded with the run, as it may identify patients or places:"
            f" {', '.join(hidden)}; type again: {' '.join(f'{key}=…' for key in hidden)}"
        )
    where = [f"ckpt_path={folder / LAST}"]
    if "hydra.run.dir" not in typed:
        where.append(f"hydra.run.dir={folder}")
    return [*kept, *others, *where]


def _recorded(folder: Path) -> list[str]:
    import yaml  # type: ignore[import-untyped]

    if not folder.is_dir():
        raise DataError("resume: no such run folder", folder)
    if not (folder / LAST).is_file():
        raise DataError(f"resume: the run left no {LAST} to resume from", folder)
    file = folder / ".hydra" / "overrides.yaml"
    try:
        words = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        words = None
    if not isinstance(words, list):
        raise DataError(
            "resume: .hydra/overrides.yaml of the run is missing or damaged; type its overrides and"
            f" ckpt_path=RUN/{LAST}",
            folder,
        )
    return [str(word) for word in words]


def _without_source(
    folder: Path, hidden: list[str], typed: set[str]
) -> tuple[list[str], list[str]]:
    """What is still needed where the cases were prepared: their store replaces the source.

    Returns:
        Keys that have to be typed again, and the override that names the store.
    """
    needed = list(dict.fromkeys(key for key in hidden if key not in NOT_NEEDED))
    if "data.root" in typed or "data.root" in needed:
        # From there cases are prepared anew; an earlier resume may have noted their store.
        needed = [key for key in needed if key != "data.store"]
    if "data.root" in typed:
        return needed, []
    # The store has what the first reader drew.
    others = [key for key in needed if not key.startswith("data.") or key == "data.second_reader"]
    if "data.store" in typed:
        return others, []
    store = _noted_store(folder)
    if (store / "cohort.json").is_file():
        return others, [f"data.store={store}"]
    return needed, []


def _noted_store(folder: Path) -> Path:
    from lungseg.runs.checkpoint import load_checkpoint
    from lungseg.training.module import RECORD

    record: dict[str, Any] = load_checkpoint(folder / LAST)[RECORD]
    return Path(str(record.get("store", "")))


def _key(word: str) -> str:
    """The setting or group that an override is about, whatever it does to it."""
    return split_override(word.lstrip("~"))[0]
