"""``lungseg pool``: the folds of a cross-validation as one result, every case out of fold."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from omegaconf import DictConfig

from lungseg.apps.compare import run_folders_of
from lungseg.runs.claim import POOLED, claim_new


def run(config: DictConfig, run_dir: Path) -> None:
    """Pool runs; leave a folder like that of a run, with ``folds.csv``."""
    folders = run_folders_of(config.runs)
    from lungseg.report.pooled_results import pool_runs, tell
    from lungseg.runs.find import find_runs
    from lungseg.runs.searched import best_of_searches

    runs = best_of_searches(find_runs(folders))
    if config.output is not None:
        output = Path(str(config.output))
    elif len(folders) == 1:
        output = folders[0] / POOLED / "all"
    else:
        output = claim_new(Path(f"{config.outputs}/pool/{datetime.now():%Y-%m-%d_%H-%M-%S}"))
    allow = bool(config.allow_test_selection)
    pooled = pool_runs(runs, output, allow_test_selection=allow, report=config.report)
    tell(pooled, output, report=config.report)
