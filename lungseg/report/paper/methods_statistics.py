"""Methods: what the intervals are, and what they do not cover."""

from __future__ import annotations

from lungseg.metrics.interval import WIDENING, WIDENING_OF_FOLDS
from lungseg.report.paper.folds import labels
from lungseg.report.paper.prose import Cite, Paragraph, Piece
from lungseg.report.paper.source import CASES, Source, plain
from lungseg.report.paper.study import Study

FARTHEST = "farthest_mm"
"""Column of a case's diagonal, which bounds all distances in it."""


def statistics(study: Study) -> Paragraph:
    """How the intervals were computed."""
    pooled = study.first.pool is not None
    name = "WIDENING_OF_FOLDS" if pooled else "WIDENING"
    factor = WIDENING_OF_FOLDS if pooled else WIDENING
    widening = study.ledger.constant(plain(factor), factor, f"lungseg.metrics.interval.{name}")
    pieces: list[Piece] = [
        "Intervals are 95 % confidence intervals over cases, not slices, because slices of one"
        " patient resemble each other. Each number is a ratio of sums over cases, whose standard"
        " error follows from the scatter of the cases around it ", Cite("cochran1977"), ". The"
        " interval uses the quantile of Student's t distribution, with one degree of freedom fewer"
        f" than cases, times {widening}, because without this factor intervals of few"
        " cases were too narrow in simulations. It is computed on the logit scale between the"
        " bounds of the number ", Cite("korn1998"), ": 0 and 1 for shares and scores, 0 and the"
        f" largest diagonal of the scans{_diagonal(study.first)} for distances. Differences"
        " of volumes are not transformed. Where all cases are at 0 or all at 1, the other"
        " end is the exact limit of Clopper and Pearson ", Cite("clopper1934"), ". Intervals cover"
        " the variation between patients, not between trainings. A number of a single"
        " case has no interval.",
        *(_of_folds(study.first) if pooled else ()),
    ]  # fmt: skip
    if len(study.sources) > 1:
        pieces += [" Runs are listed side by side; no test of their differences is made here"
                   " (lungseg compare does)."]  # fmt: skip
    return Paragraph("Statistics", pieces)


def _diagonal(source: Source) -> str:
    """The bound of distances in the test set; nothing where an older run did not record it."""
    cases = source.run.cases
    tested = cases[cases["split"] == "test"]
    if FARTHEST not in tested or tested[FARTHEST].isna().any() or tested.empty:
        return ""
    row = tested.loc[tested[FARTHEST].idxmax()]
    mm = float(row[FARTHEST])
    shown = source.note(f"{mm:.0f}", plain(mm), CASES, "test", str(row["case"]), FARTHEST)
    return f" ({shown} mm in the test set)"


def _of_folds(source: Source) -> list[Piece]:
    """What was added for cases that one model scored, where it can be estimated."""
    sizes = labels(source).values()
    pieces: list[Piece] = [
        " Each fold has a single test case, so the effect of its model is part of the scatter over"
        " cases, and nothing was added for it"
    ]
    if len(sizes) < 2:
        pieces = [" With a single fold, the effect of its model could not be estimated"]
    elif max(sizes) > 1:
        pieces = [
            " Cases of one fold were scored by the same model. The variance due to this shared"
            " effect was estimated by an analysis of variance and added ",
            Cite("searle1992"),
        ]
    return [
        *pieces,
        "; the models of different folds share training cases, and no estimate of the variance"
        " that this causes is unbiased ",
        Cite("bengio2004"),
        ".",
    ]
