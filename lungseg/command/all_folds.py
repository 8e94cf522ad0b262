"""``split.fold=all``: a sweep over the folds that there are."""

from __future__ import annotations

from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, flag_override

from lungseg.config import build
from lungseg.errors import ConfigError
from lungseg.overrides import as_typed, quoted, split_override
from lungseg.sweeps.all_folds import fold_key
from lungseg.sweeps.callback import stopping
from lungseg.sweeps.mode import is_search


class AllFolds(Callback):
    """Replaces ``all`` by the folds before Hydra makes jobs of them; set in ``conf/train.yaml``."""

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Write the folds into the command line of the sweep.

        Raises:
            Stop: If the split has no folds, or what there is to fold is swept over.
        """
        with stopping(config):
            key = fold_key(config)
            if key is not None:
                _expand(config, key)


def _expand(config: DictConfig, key: str) -> None:
    words = as_typed(config.hydra.overrides.task)
    if is_search(config.hydra):
        raise ConfigError(f"{key}=all: not in a search: find settings by one split first")
    values = ",".join(_folds(config, key, _swept(config, words)))
    with flag_override(config.hydra, ["struct", "readonly"], [False, False]):
        kept = [word for word in words if split_override(word)[0] != key]
        config.hydra.overrides.task = [*kept, f"{key}={values}"]


def _swept(config: DictConfig, words: list[str]) -> set[str]:
    """Settings that the sweep changes."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_overrides(words)
    typed = {str(one.get_key_element()) for one in parsed if one.is_sweep_override()}
    return typed | {str(name) for name in config.hydra.sweeper.get("params") or ()}


def _folds(config: DictConfig, key: str, swept: set[str]) -> list[str]:
    """The values of the setting, as words of Hydra's grammar."""
    from lungseg.runs.fold_settings import FOLD_KEYS
    from lungseg.splits import KFold, LeaveOneOut
    from lungseg.splits.patients import patients

    node = OmegaConf.to_container(config.split, resolve=True)
    assert isinstance(node, dict)
    by_cohort = "k" not in node  # how many folds there are
    for name in sorted(swept - {"split.seed"}):
        if name in ("split", "split.k") or (by_cohort and name.split(".")[0] in ("data", "split")):
            raise ConfigError(
                f"{key}=all: the folds depend on {name}, which is swept over: list them instead"
            )
    if key not in FOLD_KEYS.get(str(node.get("_target_")).rsplit(".", 1)[-1], ()):
        raise ConfigError(f"{key}=all: must be of split=kfold, leave_one_out or loso")
    split = build(node | ({"fold": 0} if key == "split.fold" else {"site": None}), "split")
    if isinstance(split, KFold):
        return [str(fold) for fold in range(split.k)]
    from lungseg.apps.prepare import prepare_with_masks

    cohort = prepare_with_masks(config)
    if isinstance(split, LeaveOneOut):
        return [str(fold) for fold in range(len(patients(cohort)))]
    return [quoted(site) for site in sorted(set(split.sites(cohort).values()))]
