"""The figures of the first run, with captions that state convention and n."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from lungseg.report.paper.methods_data import SETS
from lungseg.report.paper.source import HISTORY, SUMMARY, Source, plain
from lungseg.report.paper.study import Study
from lungseg.report.paper.tex import escaped

ALL_SETS = ["fig02_histograms", "fig04_heatmaps", "fig11_position"]
PIXELS = ["fig10_pr_curve", "fig12_calibration", "fig14_thresholds"]
CONVENTION = (
    "The DSC is that of slices with lung in the reference; of the others only the accuracy and"
    " false positives are shown."
)
CAPTIONS = {
    "fig01_training": "Loss, mean DSC of slices with lung and mean accuracy by epoch. Those of"
    " training are measured while the weights change, the others after the epoch.",
    "fig02_histograms": "Distributions of the DSC of slices with lung, and of the accuracy of all"
    " slices.",
    "fig03_accuracy_dsc": "Accuracy against DSC of each test slice, coloured by the size of its"
    " reference mask.",
    "fig04_heatmaps": "Mask size, DSC and accuracy of every slice; one column per case, from feet"
    " to head.",
    "fig05_high_dsc": "Test slices of a high DSC, chosen by rule.",
    "fig06_low_accuracy": "The test slices of the lowest accuracy, the worst of each case in turn.",
    "fig07_intermediate_dsc": "Test slices of an intermediate DSC, chosen by rule.",
    "fig08_low_dsc": "Test slices with lung of a low DSC, chosen by rule.",
    "fig09_empty": "Test slices without lung in the reference, with false positives.",
    "fig10_pr_curve": "Precision against recall of the test pixels over all thresholds.",
    "fig11_position": "Errors along the body: DSC and false positives between base and apex.",
    "fig12_calibration": "Observed share of lung by predicted probability, over pixels.",
    "fig13_surface_error": "The test case with the largest HD95: the distance of each surface to"
    " the other.",
    "fig14_thresholds": "Pooled DSC over all thresholds, and recall against false positive rate."
    " The best threshold was found on these pixels: it is shown, not used.",
}
"""By name of the file, in the order in which they are shown."""


def copy_figures(study: Study, folder: Path) -> list[str]:
    """Copy the vector figures of the first run.

    Args:
        study: The runs.
        folder: Made if there is any figure.

    Returns:
        Names of those that there are.
    """
    names = figures(study.first)
    for name in names:
        folder.mkdir(exist_ok=True)
        shutil.copyfile(_drawn(study.first, name), folder / f"{name}.pdf")
    return names


def figures(source: Source) -> list[str]:
    """Names of the figures that a run has."""
    return [name for name in CAPTIONS if _drawn(source, name).is_file()]


def _drawn(source: Source, name: str) -> Path:
    return source.run.folder / "evaluation" / "figures" / f"{name}.pdf"


def caption(source: Source, name: str) -> str:
    """The caption of a figure, with its n and the convention for empty masks."""
    return " ".join([CAPTIONS[name], *_facts(source, name)])


def _facts(source: Source, name: str) -> Iterator[str]:
    n_cases = source.text(SUMMARY, "test", "n_cases")
    if name == "fig01_training":
        n = 0 if source.run.history is None else len(source.run.history)
        whose = "" if source.pool is None else " of every fold, one line per fold"
        yield f"n = {source.note(plain(n), n, HISTORY, 'len(epoch)')} epochs{whose}."
    elif name in PIXELS:
        yield f"n = {source.text(SUMMARY, 'test', 'pr_auc', 'n')} pixels of {n_cases} test cases."
    elif name == "fig13_surface_error":
        yield f"One of {n_cases} test cases."
    else:
        sets = [one for one in source.sets if one in source.run.summary]
        yield f"{'; '.join(_n(source, one) for one in (sets if name in ALL_SETS else ['test']))}."
        yield CONVENTION


def _n(source: Source, set_name: str) -> str:
    n_slices, n_cases, n_empty = (
        source.text(SUMMARY, set_name, key) for key in ("n_slices", "n_cases", "n_empty")
    )
    return f"{SETS[set_name]}: n = {n_slices} slices of {n_cases} cases, {n_empty} without lung"


def figures_tex(study: Study, names: list[str]) -> str:
    """The flow diagram, and the figures that there are."""
    blocks = [_figure("figures/flow.pdf", "Flow of cases.", "fig:flow")]
    for name in names:
        text = caption(study.first, name)
        blocks.append(_figure(f"figures/{name}.pdf", escaped(text), f"fig:{name}"))
    if not names:
        again = "lungseg evaluate run=RUN" if study.first.pool is None else "lungseg pool"
        blocks.append(f"The evaluation of {study.called[0]} has no figures: it was made with"
                      f" report=false. {again} draws them.")  # fmt: skip
    return "\n\n".join(blocks) + "\n"


def _figure(file: str, text: str, label: str) -> str:
    return "\n".join(
        [
            r"\begin{figure}[htbp]",
            r"\centering",
            rf"\includegraphics[width=\linewidth,height=0.8\textheight,keepaspectratio]{{{file}}}",
            rf"\caption{{{text}}}\label{{{label}}}",
            r"\end{figure}",
        ]
    )
