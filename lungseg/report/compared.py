"""What a comparison consists of: metrics, settings, groups of them, and pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lungseg.metrics.difference import Difference
from lungseg.metrics.statistics import Verdict
from lungseg.report.differences import Varied
from lungseg.runs.read import Run


@dataclass(frozen=True)
class Metric:
    """A number of each case by which settings are compared.

    Attributes:
        key: Column of ``cases.csv``.
        headline: Its mean in ``summary.json``.
        name: In words.
        higher_is_better: True of overlap, False of distances.
        decimals: To show.
    """

    key: str
    headline: str
    name: str
    higher_is_better: bool
    decimals: int


METRICS = {
    metric.key: metric
    for metric in (
        Metric("dsc", "volume_dsc_mean", "volume DSC", True, 4),
        Metric("hd95_mm", "hd95_mm_mean", "HD95, mm", False, 2),
        Metric("msd_mm", "msd_mm_mean", "mean surface distance, mm", False, 2),
        Metric("surface_dice_2mm", "surface_dice_2mm_mean", "surface Dice at 2 mm", True, 4),
    )
}


@dataclass(frozen=True, eq=False)
class Setting:
    """Runs that differ in nothing but the seed.

    Attributes:
        name: What distinguishes it from the others.
        group: Name of the group in which it can be compared.
        runs: Its repeats.
        score: Mean over repeats of the number by which settings are ordered.
    """

    name: str
    group: str
    runs: tuple[Run, ...]
    score: float | None


@dataclass(frozen=True, eq=False)
class Group:
    """Settings evaluated alike: on the same split of the same cohort, with one threshold.

    Attributes:
        name: A, B, …
        settings: In the order of their first runs.
        chosen_by: Set whose numbers put the settings in order: validation where there is one.
        best: The first in that order; None where there is one setting, or no setting has a value.
    """

    name: str
    settings: tuple[Setting, ...]
    chosen_by: str
    best: Setting | None

    @property
    def run(self) -> Run:
        """Any of its runs, for what all of them share."""
        return self.settings[0].runs[0]

    @property
    def n_runs(self) -> int:
        """How many runs its settings have."""
        return sum(len(setting.runs) for setting in self.settings)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two settings on the same cases.

    Attributes:
        a: The reference.
        b: The setting that is judged.
        difference: b less a.
        adjusted_p: p after Holm, over all pairs of the comparison.
        verdict: Whether b is better.
        undefined: Cases left out because a run has no value there.
        sentence: All of it in words.
    """

    a: Setting
    b: Setting
    difference: Difference
    adjusted_p: float | None
    verdict: Verdict
    undefined: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """The result of comparing runs.

    Attributes:
        runs: All, including those without numbers.
        differences: Keys in which the completed runs differ, without the seed.
        varied: The same as a reader knows them: ``optimizer`` for ``optimizer._target_``.
        groups: Of comparable settings.
        pairs: Compared.
        metric: By which.
        set: Set whose cases are compared.
    """

    runs: tuple[Run, ...]
    differences: tuple[str, ...]
    varied: tuple[Varied, ...]
    groups: tuple[Group, ...]
    pairs: tuple[Pair, ...]
    metric: Metric
    set: str

    @property
    def settings(self) -> list[Setting]:
        """Of all groups."""
        return [setting for group in self.groups for setting in group.settings]

    @property
    def synthetic(self) -> bool:
        """Whether any run was evaluated on synthetic cases."""
        return any(run.synthetic for run in self.runs)

    def setting_of(self, run: Run) -> Setting | None:
        """A run's setting; None where the run has no numbers."""
        return next((setting for setting in self.settings if run in setting.runs), None)


def case_numbers(setting: Setting, metric: Metric, set_name: str) -> npt.NDArray[np.float64]:
    """A number of each case by repeat, ``[repeats, cases]``, cases by name.

    Where there is no lung and none was predicted it is perfect: otherwise a case in which the other
    run invents a lung would be left out.
    """
    names = list(setting.runs[0].sets[set_name])
    rows = []
    for run in setting.runs:
        cases = run.cases[run.cases["split"] == set_name].set_index("case").reindex(names)
        numbers = cases[metric.key].to_numpy(dtype=np.float64)
        if {"volume_ml", "predicted_volume_ml"} <= set(cases):
            nothing = (cases["volume_ml"] == 0) & (cases["predicted_volume_ml"] == 0)
            numbers = np.where(nothing, float(metric.higher_is_better), numbers)
        rows.append(numbers)
    return np.stack(rows)
