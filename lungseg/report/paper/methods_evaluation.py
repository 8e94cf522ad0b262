"""Methods: post-processing, metrics with their conventions, software and hardware."""

from __future__ import annotations

from lungseg.evaluation.pooled import CHOSEN_IN_FOLDS
from lungseg.metrics.summary import HIGH_ACCURACY, HIGH_DSC
from lungseg.report.paper.folds import environment
from lungseg.report.paper.ledger import Ledger
from lungseg.report.paper.methods_training import training_time
from lungseg.report.paper.prose import Cite, Code, Paragraph, Piece
from lungseg.report.paper.source import NOT_RECORDED, Source, plain
from lungseg.report.paper.study import Study
from lungseg.runs.provenance import PROVENANCE

EMPTY = {
    "zero": "has a DSC of 0",
    "one": "has a DSC of 1",
    "nan": "is left out of means of the DSC",
}
LUNGS = "lungseg.inference.postprocess.Lungs"


def postprocessing(study: Study) -> Paragraph:
    """From probabilities to the masks that were evaluated."""
    source = study.first
    threshold = source.text(PROVENANCE, "evaluation", "threshold")
    pieces: list[Piece] = [f"A pixel counted as lung if its probability was at least {threshold}. "]
    used = source.evaluated("postprocess")
    if used == CHOSEN_IN_FOLDS:
        pieces += ["Whether masks were post-processed as whole volumes was chosen in each fold"
                   " (Selection)."]  # fmt: skip
    elif used is None:
        pieces += [f"Whether masks were post-processed is {NOT_RECORDED}."]
    elif not used:
        pieces += ["Masks were not post-processed."]
    else:
        pieces += ["Masks were post-processed as whole volumes by ",
                   Code(source.text(PROVENANCE, "evaluation", "postprocess"))]  # fmt: skip
        if used.startswith("Lungs("):
            pieces += [": of the components of voxels that share a face, the largest ones are kept,"
                       " unless they are smaller than a share of the largest; cavities that lung"
                       " encloses are filled"]  # fmt: skip
        pieces += ["."]
    return Paragraph("Post-processing", pieces)


def metrics(study: Study) -> Paragraph:
    """Each number of the tables, with what happens to empty masks and missed lungs."""
    source = study.first
    convention = EMPTY.get(str(source.evaluated("empty_dsc")), NOT_RECORDED)
    return Paragraph(
        "Metrics",
        [
            "The Dice similarity coefficient (DSC) ", Cite("dice1945"),
            " and the accuracy were computed by slice; recall, specificity, precision and the areas"
            " under the precision-recall and ROC curves from the pixels of all slices of a set; and"
            " by case in 3-D the DSC of the volume, the 95th percentile of the distances between"
            " the surfaces (HD95, the larger of both directions ", Cite("huttenlocher1993"),
            "), the mean surface distance, the surface Dice at a tolerance of 2 mm ",
            Cite("nikolov2021"), " and the difference of volumes, for both lungs, the right and the"
            " left. The mean DSC of non-empty slices leaves out slices without lung in the"
            f" reference; a slice in which neither reference nor prediction has lung {convention}"
            " where all slices count. A lung that was missed counts as the worst: DSC and surface"
            " Dice 0, distances the diagonal of the scan; it stays in every mean. "
            f"A slice is called excellent with a DSC above {_high_dsc(study.ledger)}, or without"
            f" lung and with an accuracy above {_high_accuracy(study.ledger)}.",
        ],
    )  # fmt: skip


def _high_dsc(ledger: Ledger) -> str:
    return ledger.constant(plain(HIGH_DSC), HIGH_DSC, "lungseg.metrics.summary.HIGH_DSC")


def _high_accuracy(ledger: Ledger) -> str:
    name = "lungseg.metrics.summary.HIGH_ACCURACY"
    return ledger.constant(plain(HIGH_ACCURACY), HIGH_ACCURACY, name)


def software(study: Study) -> Paragraph:
    """Software, hardware, time and energy, as far as they are recorded."""
    source = study.first
    at = environment(source)
    whose = "" if source.pool is None or at else " (of the pooling; each fold records its own)"
    torch, lightning = (
        source.text(PROVENANCE, *at, "packages", name) for name in ("torch", "pytorch-lightning")
    )
    pieces: list[Piece] = [
        f"Software{whose}: lungseg {source.text(PROVENANCE, 'lungseg')} with Python"
        f" {source.text(PROVENANCE, *at, 'python')}, PyTorch {torch} ", Cite("paszke2019"),
        f" and PyTorch Lightning {lightning} ", Cite("falcon2019"),
        f". Hardware: {hardware(source)}. Wall time of the training (epochs with their"
        f" evaluation): {training_time(source)}. Energy: {NOT_RECORDED}.",
    ]  # fmt: skip
    return Paragraph("Software and hardware", pieces)


def hardware(source: Source) -> str:
    """Devices, processor and memory; of a pool, those that all folds had."""
    at = environment(source)
    if source.pool is not None and source.value(PROVENANCE, "pool", "hardware") is None:
        return f"{NOT_RECORDED} here, each fold records its own"
    kind, name, number = (
        source.text(PROVENANCE, *at, "devices", key) for key in ("kind", "name", "number")
    )
    cpu, cores, memory = (
        source.text(PROVENANCE, *at, "hardware", key) for key in ("cpu", "cores", "memory_gib")
    )
    devices = f"devices: {number} ({name if name != NOT_RECORDED else kind})"
    machine = f"processor {cpu}, {cores} logical cores, {memory} GiB of memory"
    if source.value(PROVENANCE, *at, "hardware") is None:
        machine = f"processor and memory {NOT_RECORDED}"
    return f"{devices}; {machine}"
