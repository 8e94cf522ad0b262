"""The methods section: every number and setting in it is taken from the first run of the pack."""

from __future__ import annotations

from lungseg.report.paper.methods_data import augmentation, data, preprocessing
from lungseg.report.paper.methods_evaluation import metrics, postprocessing, software
from lungseg.report.paper.methods_network import network
from lungseg.report.paper.methods_statistics import statistics
from lungseg.report.paper.methods_training import loss, optimisation, selection
from lungseg.report.paper.prose import Paragraph
from lungseg.report.paper.study import Study

PARTS = (
    data,
    preprocessing,
    augmentation,
    network,
    loss,
    optimisation,
    selection,
    postprocessing,
    metrics,
    statistics,
    software,
)


def methods(study: Study) -> list[Paragraph]:
    """All paragraphs, in the order of a paper."""
    paragraphs = [part(study) for part in PARTS]
    if len(study.sources) > 1:
        others = "; ".join(study.names)
        told = (
            f"The paragraphs above describe {study.called[0]}. The runs are: {others}. The table of"
            " settings"
            " shows all in which they differ."
        )
        paragraphs.append(Paragraph("Runs", [told]))
    return paragraphs
