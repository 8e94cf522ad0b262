"""What a reader of a comparison has to know before any number of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lungseg.metrics.statistics import least_cases, least_p
from lungseg.report.comparison import MANY, Comparison, Group
from lungseg.runs.read import COMPLETED, Run

FEW = 10
"""With fewer cases than this a comparison says little of patients in general."""


def alarms(found: Comparison) -> list[str]:
    """Sentences on what forbids a conclusion."""
    return [*_test_selection(found), *_not_comparable(found)]


def caveats(found: Comparison) -> list[str]:
    """Sentences on what narrows one, the gravest first."""
    return [
        *_synthetic(found),
        *_left_out(found.runs),
        *_failed_cases(found),
        *_groups(found),
        *_few_cases(found),
        *_one_seed(found),
        *_same_seed(found),
        *_made_by(found),
        *_many(found),
        *_selection(found),
        *_weights(found),
    ]


def _completed(found: Comparison) -> list[Run]:
    return [run for run in found.runs if run.state == COMPLETED]


def _test_selection(found: Comparison) -> list[str]:
    names = [run.name for run in _completed(found) if run.config.get("allow_test_selection")]
    if not names:
        return []
    return [
        f"allow_test_selection=true in {_some(names)}: such a run may have chosen by its test set;"
        " its test numbers are no evidence."
    ]


def _synthetic(found: Comparison) -> list[str]:
    states = {run.synthetic for run in _completed(found)}
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


def _failed_cases(found: Comparison) -> list[str]:
    """Runs that left out the same cases share a sentence."""
    runs: dict[tuple[str, ...], list[Run]] = {}
    for run in _completed(found):
        if run.failed_cases:
            runs.setdefault(tuple(run.failed_cases), []).append(run)
    notes = []
    for cases, alike in runs.items():
        who = f"Run {alike[0].name} leaves" if len(alike) == 1 else (
            f"Runs {_some([run.name for run in alike])} leave")  # fmt: skip
        if len(alike) == len(_completed(found)) > 1:
            who = "All runs leave"
        what = "1 case" if len(cases) == 1 else f"{len(cases)} cases"
        reasons = [f"{case} ({alike[0].failed_cases[case]})" for case in cases]
        notes.append(f"{who} out {what} that could not be prepared: {_some(reasons, 6, '; ')}.")
    return notes


def _not_comparable(found: Comparison) -> list[str]:
    if len(found.groups) < 2:
        return []
    return [
        f"Not comparable: the runs fall into {len(found.groups)} groups that were not evaluated"
        " alike. Runs of one group are compared, never runs of two: other cases are easier or"
        " harder, whatever the settings."
    ]


def _groups(found: Comparison) -> list[str]:
    if len(found.groups) < 2:
        return []
    first, notes = found.groups[0].run, []
    for group in found.groups[1:7]:
        notes.append(f"Group {group.name} differs from A in {'; '.join(_why(group.run, first))}.")
    if len(found.groups) > 7:
        notes.append(f"… and {len(found.groups) - 7} more groups.")
    drawn = {run.config.get("split.seed") for run in _completed(found)}
    if len(drawn) > 1 and all("split.seed" in run.derived for run in _completed(found)):
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
    return reasons


def _few_cases(found: Comparison) -> list[str]:
    counts = sorted({len(group.run.sets[found.set]) for group in found.groups})
    if counts[0] >= FEW:
        return []
    n = counts[0]
    text = (
        f"{n} {found.set} case{'s' if n > 1 else ''}: too few to tell how settings compare on"
        " patients in general."
    )
    if found.pairs and n < (least := least_cases(len(found.pairs))):
        pairs = "1 pair needs" if len(found.pairs) == 1 else f"{len(found.pairs)} pairs need"
        text += (
            f" Whatever the differences, {n} can give no p below {least_p(n):.3g};"
            f" {pairs} {least} cases or more."
        )
    return [text]


def _one_seed(found: Comparison) -> list[str]:
    single = [pair for pair in found.pairs if pair.difference.n_seeds == (1, 1)]
    if not single:
        return []
    which = "One run a setting" if len(single) == len(found.pairs) else "Pairs of single runs"
    return [
        f"{which}: a verdict is on these trained models; how far another seed would move"
        " them is not known (-m seed=1,2,3 repeats each setting)."
    ]


def _made_by(found: Comparison) -> list[str]:
    """What may set runs apart beside their settings."""
    runs = _completed(found)
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


def _same_seed(found: Comparison) -> list[str]:
    for setting in found.settings:
        first: dict[str, Run] = {}
        for run in setting.runs:
            before = first.setdefault(str(run.seed), run)
            if before is not run:
                return [
                    f"Runs {before.name} and {run.name} have the same settings and the same seed:"
                    " counted as repeats, they make chance look smaller than it is. Leave one out."
                ]
    return []


def _many(found: Comparison) -> list[str]:
    notes = []
    for group in found.groups:
        pairs = [pair for pair in found.pairs if pair.a.group == group.name]
        if len(group.settings) > MANY and pairs:
            notes.append(
                f"{_named(found, group)}{len(group.settings)} settings: each is compared with"
                f" {pairs[0].a.name} alone, as all pairs would need a correction that hides any"
                " difference; reference=RUN chooses another."
            )
    return notes


def _selection(found: Comparison) -> list[str]:
    notes = []
    for group in found.groups:
        if group.best is None:
            continue
        k, best = len(group.settings), group.best
        value = f"{best.score:.{found.metric.decimals}f}"
        extreme = "highest" if found.metric.higher_is_better else "lowest"
        said = (
            f"{_named(found, group)}{best.name} has the {extreme} mean {found.metric.name} of {k}"
            f" settings on the {group.chosen_by} set ({value})."
        )
        if group.chosen_by == "test":
            said += (
                " To choose it for that is to choose by the test set: its number is then too"
                " good, and other cases must confirm it. A validation set (split.val) avoids this."
            )
        notes.append(said)
    return notes


def _weights(found: Comparison) -> list[str]:
    files = Counter(run.weights or "not noted" for run in _completed(found))
    if len(files) < 2:
        return []
    tally = ", ".join(f"{file} in {n}" for file, n in files.items())
    return [f"Not all runs are evaluated at the same kind of checkpoint: {tally}."]


def _named(found: Comparison, group: Group) -> str:
    return f"Group {group.name}: " if len(found.groups) > 1 else ""


def _some(names: Sequence[str], most: int = 8, joint: str = ", ") -> str:
    more = f"{joint}and {len(names) - most} more" if len(names) > most else ""
    return joint.join(names[:most]) + more
