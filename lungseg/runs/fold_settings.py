"""Which settings the folds of a cross-validation may differ in, and which they may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lungseg.config import canonical
from lungseg.errors import ConfigError
from lungseg.overrides import setting_of_override
from lungseg.privacy import HIDDEN
from lungseg.runs.read import Run
from lungseg.runs.resume import as_word
from lungseg.runs.searched import may_be_searched, settings_of
from lungseg.runs.settings import Shapes, shapes

FOLD_KEYS = {
    "KFold": ("split.fold",),
    "LeaveOneOut": ("split.fold",),
    "LeaveOneSiteOut": ("split.site",),
    "Explicit": ("split.test", "split.val", "split.train"),
    "Positions": ("split.test", "split.val"),
    "FromFile": ("split.file",),
}
"""Settings that say which cases are tested, by class of the split. Other classes draw them."""
REPEATED = ("seed", "split.seed")
"""Settings by which a cross-validation is repeated."""
ELSEWHERE = ("seed", "allow_test_selection", "metrics.empty_dsc", "postprocess")
"""Settings that are judged by what was evaluated in the end, or tell repeats apart."""


def split_class(config: Mapping[str, Any]) -> str:
    """Name of the class that made a split.

    Args:
        config: By dotted key.

    Example:
        >>> split_class({"split._target_": "lungseg.splits.KFold"})
        'KFold'
    """
    return str(config.get("split._target_", "")).rsplit(".", 1)[-1]


def is_fold_key(key: str, config: Mapping[str, Any]) -> bool:
    """Whether a setting says which cases are tested, and not how they were drawn.

    Args:
        key: Dotted.
        config: By dotted key.

    Example:
        >>> config = {"split._target_": "lungseg.splits.KFold"}
        >>> [is_fold_key(key, config) for key in ("split.fold", "split.seed", "split.k")]
        [True, False, False]
        >>> is_fold_key("split.test", {"split._target_": "lungseg.splits.Explicit"})
        True
    """
    # A pooled result has split.fold=all, whatever its folds have.
    return key in ("split.fold", *FOLD_KEYS.get(split_class(config), ()))


def setting_of(run: Run, *, repeats: bool = False) -> str:
    """Text that is equal for runs that may be folds of one cross-validation.

    They may differ in what `refuse_other_settings` lets differ, and were evaluated alike.

    Args:
        run: Completed, or the pooled result of its folds.
        repeats: Whether repeats of the cross-validation count as the same.
    """
    config = run.config
    settings = {key: value for key, value in config.items() if not _may_differ(key, config)}
    seeds = [None if repeats else config.get(key) for key in REPEATED]
    postprocess = "chosen" if run.postprocess_chosen else run.postprocess
    evaluated = [run.cohort_sha256, run.threshold, run.empty_dsc, postprocess]
    return canonical([settings, seeds, evaluated])


def refuse_other_settings(runs: Sequence[Run]) -> list[str]:
    """Stop where runs differ in more than the fold, the seeds and what a search chose in each.

    A setting that only one version of the code knows is no difference, unless someone typed it:
    older runs stay poolable.

    Returns:
        Settings that only a part of the runs recorded.

    Raises:
        ConfigError: Naming the setting and both values.
    """
    first, unknown = runs[0], set()
    _refuse_other_searches(runs)
    for other in runs[1:]:
        a, b = first.config, other.config
        # The class of the split first: other settings follow from it.
        for key in sorted({*a, *b}, key=lambda key: (key != "split._target_", key)):
            if _may_differ(key, a) or _same(a.get(key), b.get(key)):
                continue
            if may_be_searched(key, first, other):
                continue
            older = first.git_commit != other.git_commit and (key in a) != (key in b)
            if not older or _typed_once(key, first, other):
                raise ConfigError(
                    f"runs: {first.name} and {other.name} differ in more than the fold:"
                    f" {key}={as_word(a.get(key))} and {as_word(b.get(key))}"
                )
            unknown.add(key)
    return sorted(unknown)


def _refuse_other_searches(runs: Sequence[Run]) -> None:
    """What a search chose may differ only where each fold has such a search of its own."""
    searched = {
        canonical([sorted(settings_of(run)), (run.search or {}).get("objective")]): run
        for run in runs
    }
    if len(searched) > 1:
        names = " and ".join(run.name for run in searched.values())
        told = [", ".join(sorted(settings_of(run))) or "nothing" for run in searched.values()]
        raise ConfigError(
            f"runs: {names}: searches chose other settings in them ({'; '.join(told)}), or by other"
            " numbers; all folds of a cross-validation choose alike"
        )


def _may_differ(key: str, config: Mapping[str, Any]) -> bool:
    if key.split(".")[0] in ELSEWHERE or key in ELSEWHERE or key == "split.seed":
        return True
    if is_fold_key(key, config):
        return True
    kind = shapes(key)
    # Which cases there are is told by the hash of the cohort.
    cases = kind is Shapes.RESULT and key.startswith("data.") and key != "data.patients"
    return cases or kind in (Shapes.SPEED, Shapes.PLACE)


def _same(a: Any, b: Any) -> bool:
    return HIDDEN in (a, b) or canonical(a) == canonical(b)


def _typed_once(key: str, *runs: Run) -> bool:
    """Whether an override of a setting, or of the group it is in, was typed for one run alone.

    What was typed for a training is not known where its checkpoint was evaluated elsewhere.
    """
    if any(setting_of_override(word) == "ckpt" for run in runs for word in run.overrides):
        return False
    typed = [
        {word for word in run.overrides if f"{key}.".startswith(f"{setting_of_override(word)}.")}
        for run in runs
    ]
    return typed[0] != typed[1]
