"""Sentences on how compared runs were made and evaluated, where that differs beside settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lungseg.report.compared import Setting
from lungseg.runs.read import Run


def made_by(runs: Sequence[Run]) -> list[str]:
    """What may set runs apart beside their settings."""
    made = {
        "commits of the code": {str(run.git_commit)[:8] for run in runs if run.git_commit},
        "precisions": {str(run.precision) for run in runs if run.precision},
    }
    return [
        f"The runs were made with different {what} ({', '.join(sorted(values))}), which may be part"
        " of their differences."
        for what, values in made.items()
        if len(values) > 1
    ]


def weights(runs: Sequence[Run]) -> list[str]:
    """Kinds of checkpoint, where there are several."""
    trained = [run for run in runs if run.trained]
    files = Counter(run.weights or "not noted" for run in trained)
    if len(files) < 2:
        return []
    tally = ", ".join(f"{file} in {n}" for file, n in files.items())
    return [f"Not all runs are evaluated at the same kind of checkpoint: {tally}."]


def postprocessing(settings: Sequence[Setting]) -> list[str]:
    """Runs of one setting whose masks were evaluated after other post-processing."""
    for setting in settings:
        ways: dict[str, list[str]] = {}
        for run in setting.runs:
            if run.trained and not run.postprocess_chosen:
                ways.setdefault(run.postprocess or "none", []).append(run.name)
        if len(ways) > 1:
            tally = "; ".join(f"{way} in {', '.join(names)}" for way, names in ways.items())
            return [f"Runs of one setting were evaluated after other post-processing: {tally}."]
    return []
