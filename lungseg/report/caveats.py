"""What a reader of a comparison has to know before any number of it."""

from __future__ import annotations

from collections.abc import Sequence

from lungseg.metrics.statistics import least_cases, least_p
from lungseg.report.compared import Comparison, Group
from lungseg.report.crossvalidated import is_folded, partition
from lungseg.report.made import made_by, postprocessing, weights
from lungseg.report.pairs import MANY
from lungseg.runs.read import COMPLETED, Run

FEW = 10
"""With fewer cases than this a comparison says little of patients in general."""


def alarms(comparison: Comparison) -> list[str]:
    """Sentences on what forbids a conclusion."""
    return [*_test_selection(comparison), *_not_comparable(comparison)]


def caveats(comparison: Comparison) -> list[str]:
    """Sentences on what narrows one, the gravest first."""
    return [
        *_synthetic(comparison),
        *_left_out(comparison.runs),
        *_failed_cases(comparison),
        *_finds_nothing(comparison),
        *_groups(comparison),
        *_few_cases(comparison),
        *_one_seed(comparison),
        *_cross_validated(comparison),
        *[f"{run.name}: {text}" for run in _completed(comparison) for text in run.missing],
        *_same_seed(comparison),
        *made_by(_completed(comparison)),
        *_many(comparison),
        *_selection(comparison),
        *weights(_completed(comparison)),
        *postprocessing(comparison.settings),
    ]


def _completed(comparison: Comparison) -> list[Run]:
    return [run for run in comparison.runs if run.state == COMPLETED]


def _test_selection(comparison: Comparison) -> list[str]:
    names = [run.name for run in _completed(comparison) if run.config.get("allow_test_selection")]
    if not names:
        return []
    return [
        f"allow_test_selection=true in {_some(names)}: such a run may have chosen by its test set;"
        " its test numbers are no evidence."
    ]


def _synthetic(comparison: Comparison) -> list[str]:
    states = {run.synthetic for run in _completed(comparison)}
    if True not in states:
        return []
    which = "Synthetic data" if states == {True} else "Some runs are on synthetic data"
    return [f"{which}: these numbers say nothing about patients."]


def _left_out(runs: Sequence[Run]) -> list[str]:
    others = [run for run in runs if run.state != COMPLETED]
    if not others:
        return []
    words = [f"{run.name} ({run.state}: {run.error or 'no reason noted'})" for run in others]
    count = f"{len(others)} of {len(runs)} runs left out"
    return [f"{count}, in no number here: {_some(words, 6, '; ')}."]


def _failed_cases(comparison: Comparison) -> list[str]:
    """Runs that left out the same cases share a sentence."""
    runs: dict[tuple[str, ...], list[Run]] = {}
    for run in _completed(comparison):
        if run.failed_cases:
            runs.setdefault(tuple(run.failed_cases), []).append(run)
    notes = []
    for cases, alike in runs.items():
        who = f"Run {alike[0].name} leaves" if len(alike) == 1 else (
            f"Runs {_some([run.name for run in alike])} leave")  # fmt: skip
        if len(alike) == len(_completed(comparison)) > 1:
            who = "All runs leave"
        what = "1 case" if len(cases) == 1 else f"{len(cases)} cases"
        reasons = [f"{case} ({alike[0].failed_cases[case]})" for case in cases]
        notes.append(f"{who} out {what} that could not be prepared: {_some(reasons, 6, '; ')}.")
    return notes


def _finds_nothing(comparison: Comparison) -> list[str]:
    """Runs whose model found no lung at all, which a mean over empty slices may hide."""
    names = [
        run.name
        for run in _completed(comparison)
        if run.summary.get(comparison.set, {}).get("recall", {}).get("value") == 0
    ]
    which = f"run{'s' if len(names) > 1 else ''} {_some(names)}"
    found = f"No pixel of the lungs was found in the {comparison.set} set by {which}."
    return [found] if names else []


def folds(comparison: Comparison) -> dict[str, int]:
    """The fold of each group where the groups are the folds of one cross-validation, else none."""
    found = {}
    for group in comparison.groups:
        runs = [run for setting in group.settings for run in setting.runs]
        numbers = {run.config.get("split.fold") for run in runs}
        if len(numbers) > 1 or not isinstance(number := numbers.pop(), int):
            return {}
        found[group.name] = number
    first = comparison.groups[0].run
    alike = all(
        (group.run.cohort_sha256, group.run.threshold) == (first.cohort_sha256, first.threshold)
        for group in comparison.groups
    )
    tested = [case for group in comparison.groups for case in group.run.sets.get("test", ())]
    # Two groups of one fold differ in something else, such as k or the seed of the split.
    several = len(found) > 1 and len(set(found.values())) == len(found)
    return found if alike and several and len(set(tested)) == len(tested) else {}


def _not_comparable(comparison: Comparison) -> list[str]:
    if len(comparison.groups) < 2:
        return []
    if n := len(folds(comparison)):
        return [
            f"Cross-validation, {n} folds: each is tested on other cases, so runs of two folds are"
            " not comparable. lungseg pool makes one result of the folds of a setting; with more"
            " settings than one, their test cases are compared over all folds."
        ]
    return [
        f"Not comparable: the runs fall into {len(comparison.groups)} groups that were not"
        " evaluated alike. Runs of one group are compared, never runs of two: other cases are"
        " easier or harder, whatever the settings."
    ]


def _groups(comparison: Comparison) -> list[str]:
    if len(comparison.groups) < 2 or folds(comparison):
        return []
    first, notes = comparison.groups[0].run, []
    for group in comparison.groups[1:7]:
        notes.append(f"Group {group.name} differs from A in {'; '.join(_why(group.run, first))}.")
    if len(comparison.groups) > 7:
        notes.append(f"… and {len(comparison.groups) - 7} more groups.")
    drawn = {run.config.get("split.seed") for run in _completed(comparison)}
    if len(drawn) > 1 and all("split.seed" in run.derived for run in _completed(comparison)):
        notes.append("The seed also drew the split; split.seed=0 keeps one split for all seeds.")
    return notes


def _why(run: Run, first: Run) -> list[str]:
    reasons = []
    if run.cohort_sha256 != first.cohort_sha256:
        reasons.append("the cohort (other images or masks)")
    for name in dict.fromkeys([*first.sets, *run.sets]):
        here, there = run.sets.get(name, ()), first.sets.get(name, ())
        if here != there:
            cases = f"{_some(here, 4) or 'none'}; A: {_some(there, 4) or 'none'}"
            reasons.append(f"the {name} cases ({cases})")
    if run.threshold != first.threshold:
        reasons.append(f"the threshold ({run.threshold}; A: {first.threshold})")
    if run.empty_dsc != first.empty_dsc:
        reasons.append(f"metrics.empty_dsc ({run.empty_dsc}; A: {first.empty_dsc})")
    return reasons


def _few_cases(comparison: Comparison) -> list[str]:
    counts = sorted({len(group.run.sets[comparison.set]) for group in comparison.groups})
    if counts[0] >= FEW:
        return []
    n = counts[0]
    text = (
        f"{n} {comparison.set} case{'s' if n > 1 else ''}: too few to tell how settings compare on"
        " patients in general."
    )
    if comparison.pairs and n < (least := least_cases(len(comparison.pairs))):
        n_pairs = len(comparison.pairs)
        pairs = "1 pair needs" if n_pairs == 1 else f"{n_pairs} pairs need"
        text += (
            f" Whatever the differences, with {n} case{'s' if n > 1 else ''} no p can be below"
            f" {least_p(n):.3g}; {pairs} {least} cases or more."
        )
    return [text]


def _one_seed(comparison: Comparison) -> list[str]:
    single = [
        pair
        for pair in comparison.pairs
        if pair.difference.n_seeds == (1, 1) and not is_folded(pair.a, pair.b)
    ]
    if not single:
        return []
    which = "One run a setting" if len(single) == len(comparison.pairs) else "Pairs of single runs"
    return [
        f"{which}: a verdict is on these trained models; how far another seed would move"
        " them is not known (-m seed=1,2,3 repeats each setting)."
    ]


def _cross_validated(comparison: Comparison) -> list[str]:
    folded = [run for run in _completed(comparison) if run.folds]
    if not folded:
        return []
    return [
        f"Cross-validated: {_some([run.name for run in folded], 4, '; ')}. Each case has the score"
        " of the model that was not trained on it. Intervals and p allow for training data that"
        " folds share, and for what else the cases of a fold have in common."
    ]


def _same_seed(comparison: Comparison) -> list[str]:
    for setting in comparison.settings:
        first: dict[str, Run] = {}
        for run in setting.runs:
            # Other folds are another training, whatever the seed.
            before = first.setdefault(f"{run.seed}{partition(run)}", run)
            if before is not run:
                return [
                    f"Runs {before.name} and {run.name} have the same settings and the same seed:"
                    " counted as repeats, they make chance look smaller than it is. Leave one out."
                ]
    return []


def _many(comparison: Comparison) -> list[str]:
    notes = []
    for group in comparison.groups:
        pairs = [pair for pair in comparison.pairs if pair.a.group == group.name]
        if len(group.settings) > MANY and pairs:
            notes.append(
                f"{_named(comparison, group)}{len(group.settings)} settings: each is compared with"
                f" {pairs[0].a.name} alone, as all pairs would need a correction that hides any"
                " difference; reference=RUN chooses another."
            )
    return notes


def _selection(comparison: Comparison) -> list[str]:
    notes = []
    for group in comparison.groups:
        if group.best is None:
            continue
        k, best = len(group.settings), group.best
        if sum(setting.score == best.score for setting in group.settings) > 1:
            continue  # none is the best
        value = f"{best.score:.{comparison.metric.decimals}f}"
        extreme = "highest" if comparison.metric.higher_is_better else "lowest"
        said = (
            f"{_named(comparison, group)}{best.name} has the {extreme} mean"
            f" {comparison.metric.name} of {k} settings on the {group.chosen_by} set ({value})."
        )
        if group.chosen_by == "test":
            said += (
                " To choose it for that is to choose by the test set: its number is then too"
                " good, and other cases must confirm it. A validation set (split.val) avoids this."
            )
        notes.append(said)
    return notes


def _named(comparison: Comparison, group: Group) -> str:
    return f"Group {group.name}: " if len(comparison.groups) > 1 else ""


def _some(names: Sequence[str], most: int = 8, joint: str = ", ") -> str:
    more = f"{joint}and {len(names) - most} more" if len(names) > most else ""
    return joint.join(names[:most]) + more
