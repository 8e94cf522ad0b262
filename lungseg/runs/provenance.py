"""What made a run: versions, commit, configuration, data."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lungseg import __version__
from lungseg.files import write_json
from lungseg.runs.hardware import hardware

PROVENANCE = "provenance.json"
PACKAGES = (
    "torch",
    "pytorch-lightning",
    "torchmetrics",
    "hydra-core",
    "omegaconf",
    "numpy",
    "pydicom",
    "zarr",
    "wandb",
    "monai",
)


def provenance(
    config: dict[str, Any], cohort_sha256: str, failed_cases: Mapping[str, str]
) -> dict[str, Any]:
    """The contents of ``provenance.json``, as known before training.

    Args:
        config: Resolved configuration, plain containers.
        cohort_sha256: Hash of all voxels and masks.
        failed_cases: Cases that could not be prepared and were left out, with the reason.
    """
    return {
        "lungseg": __version__,
        "git": git_state(Path(__file__).parent),
        "cohort_sha256": cohort_sha256,
        "failed_cases": dict(failed_cases),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES if _version(name)},
        "hardware": hardware(),
        "config": config,
    }


def read_provenance(folder: Path) -> dict[str, Any]:
    """A run's provenance; empty if there is no file."""
    try:
        noted: dict[str, Any] = json.loads((folder / PROVENANCE).read_text())
    except FileNotFoundError:
        return {}
    return noted


def note_evaluation(folder: Path, made_by: Mapping[str, Any]) -> None:
    """Record what made an evaluation: it may be later than the training, by other code.

    Args:
        folder: Run folder.
        made_by: Which weights by which conventions.
    """
    evaluation = {"lungseg": __version__, "git": git_state(Path(__file__).parent), **made_by}
    write_json(folder / PROVENANCE, read_provenance(folder) | {"evaluation": evaluation})


@cache
def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit of the clone that contains a folder, and whether it was changed; None outside a clone.

    Read once: later commits do not change the code that a sweep's process has imported.
    """

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    # An installed package may lie inside a clone of something else, which does not track it.
    if commit is None or not git("ls-files", "."):
        return None
    return {"commit": commit, "dirty": bool(git("status", "--porcelain", "--untracked-files=no"))}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
