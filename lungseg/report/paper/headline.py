"""The results section: warnings, and the headline numbers of each run in sentences."""

from __future__ import annotations

from lungseg.report.few_cases import few_cases
from lungseg.report.paper.methods_data import SYNTHETIC
from lungseg.report.paper.methods_training import LEAK
from lungseg.report.paper.prose import Bold, Piece
from lungseg.report.paper.results import SIDES, cells, counted
from lungseg.report.paper.source import CASES, NOT_RECORDED, SUMMARY, Source, plain
from lungseg.report.paper.study import Study
from lungseg.report.paper.words import several
from lungseg.runs.provenance import PROVENANCE

HEADLINE = {
    "volume_dsc_mean": "mean DSC of the volume",
    "hd95_mm_mean": "mean HD95",
    "dsc_mean_nonempty": "mean DSC of slices with lung",
}


def alarms(study: Study) -> list[str]:
    """What a reader has to know before any number."""
    found = []
    if any(source.config("allow_test_selection") for source in study.sources):
        found.append(LEAK)
    if any(source.run.synthetic for source in study.sources):
        found.append(SYNTHETIC)
    for source in study.sources:
        name = study.called[source.number - 1]
        where = f"{_capital(name)}: " if len(study.sources) > 1 else ""
        found += [where + warning for warning in _recorded(source)]
    return [*found, *few_cases(study.first.value(SUMMARY, "test", "n_cases"))]


def _recorded(source: Source) -> list[str]:
    """What the evaluation of a run, or its pooling, warned of."""
    missing = (source.pool or {}).get("missing") or ()
    lines = [source.text(PROVENANCE, "pool", "missing", str(k)) for k in range(len(missing))]
    warnings = source.evaluated("warnings")
    if warnings is not None:
        at = ("evaluation", "warnings")
        return lines + [source.text(PROVENANCE, *at, str(k)) for k in range(len(warnings))]
    # Older versions did not record them; what they said first can be told from the settings.
    if source.config("metrics", "threshold") == source.run.threshold:
        return lines
    used = source.text(PROVENANCE, "evaluation", "threshold")
    return [
        *lines,
        f"The threshold was set to {used} after training, which had"
        f" {source.setting('metrics', 'threshold')}. If it was chosen by these test cases, their"
        " numbers are no evidence.",
    ]


def summary(study: Study) -> list[Piece]:
    """The headline numbers of each run in sentences, after all warnings."""
    pieces: list[Piece] = [piece for alarm in alarms(study) for piece in (Bold(alarm), " ")]
    for source, name in zip(study.sources, study.names, strict=True):
        n_cases = source.value(SUMMARY, "test", "n_cases")
        *most, last = [
            f"the {words} was {sentence(source, key)}" for key, words in HEADLINE.items()
        ]
        numbers = f"{', '.join(most)}, and {last}"
        missed = [f"{source.text(SUMMARY, 'test', f'{side}volume_dsc_mean', 'n_missed')} {word}"
                  for side, word in SIDES.items() if side]  # fmt: skip
        pieces += [
            f"{_capital(name)} was evaluated on {source.text(SUMMARY, 'test', 'n_cases')} test"
            f" {several(n_cases, 'case')} ({source.text(SUMMARY, 'test', 'n_slices')} slices,"
            f" {source.text(SUMMARY, 'test', 'n_empty')} of them without lung):"
            f" {numbers}. Lungs that were missed: {', '.join(missed)}. "
        ]
    return pieces


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def sentence(source: Source, key: str) -> str:
    """A number of the test set with its unit, its interval, its n, and the ends of distances."""
    if source.value(SUMMARY, "test", key) is None:
        return NOT_RECORDED
    value, interval, n = cells(source, "test", key)
    within = f"95 % interval {interval}; " if interval else ""
    unit = " mm" if "_mm" in key else ""
    of = f" of {_with_lung(source)}" if counted(key) == "slice" else ""
    return f"{value}{unit} ({within}n = {n}{of}{_ends(source, key)})"


def _with_lung(source: Source) -> str:
    """How many test cases have lung: on them rest the intervals of slices with lung."""
    cases = source.run.cases
    n = int(((cases["split"] == "test") & (cases["tp"] + cases["fn"] > 0)).sum())
    return f"{source.note(plain(n), n, CASES, 'count(test.tp+fn>0)')} {several(n, 'case')}"


def _ends(source: Source, key: str) -> str:
    """The cases of the lowest and the highest distance, of which a mean of few says little."""
    if not key.endswith("_mm_mean"):
        return ""
    column = key.removesuffix("_mean")
    cases = source.run.cases
    found = cases.loc[cases["split"] == "test", ["case", column]].dropna()
    if len(found) < 2:
        return ""
    ends = []
    for word, place in (("lowest", found[column].idxmin()), ("highest", found[column].idxmax())):
        case, mm = str(found.loc[place, "case"]), float(found.loc[place, column])
        shown = source.note(f"{mm:.2f}", plain(mm), CASES, "test", case, column)
        ends.append(f"{word} {shown} mm in {case}")
    return f"; {', '.join(ends)}"
