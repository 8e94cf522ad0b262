"""What run folders answer of the questions that checklists ask, and where it was taken from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lungseg.config import canonical
from lungseg.report.paper.captions import figures
from lungseg.report.paper.folds import division, epochs, sizes, tested
from lungseg.report.paper.headline import HEADLINE, sentence
from lungseg.report.paper.methods_data import in_use
from lungseg.report.paper.methods_evaluation import hardware
from lungseg.report.paper.methods_network import initialised
from lungseg.report.paper.methods_training import lasted
from lungseg.report.paper.prose import Code, Piece, Text
from lungseg.report.paper.results import SIDES
from lungseg.report.paper.source import CASES, NOT_RECORDED, SPLIT, SUMMARY
from lungseg.report.paper.study import Study
from lungseg.report.paper.words import TARGET, of_class
from lungseg.report.pooled_folds import EACH
from lungseg.runs.lineage import INIT
from lungseg.runs.provenance import PROVENANCE

PIXELS = ("recall", "specificity", "precision")
WORST = ("fig06_low_accuracy", "fig08_low_dsc")
"""Figures of the slices that were segmented worst."""


@dataclass(frozen=True)
class Answer:
    """An answer to an item.

    Attributes:
        text: In words.
        keys: From which files and keys of the run folder.
    """

    text: Text
    keys: str


def _cohort(study: Study) -> Answer:
    name = Code(str(study.first.config("data", "name")))
    return Answer(["Cohort ", name, "; origin, dates and setting are left to the author."],
                  f"{PROVENANCE}: config.data.name")  # fmt: skip


def _inclusion(study: Study) -> Answer:
    n = study.first.count(PROVENANCE, "failed_cases")
    return Answer(
        [f"Scans that could not be prepared: {n} (flow diagram). Other criteria are left to the"
         " author."],
        f"{PROVENANCE}: failed_cases; {SPLIT}: left_out",
    )  # fmt: skip


def _preprocessing(study: Study) -> Answer:
    keys = "config.data.{outside,crop,matrix_size,spacing,context}, config.intensity"
    return Answer(["Methods, Preprocessing: HU and intensities by ",
                   Code(str(study.first.config("intensity", TARGET))), "."],
                  f"{PROVENANCE}: {keys}")  # fmt: skip


def _missing(study: Study) -> Answer:
    n = study.first.count(PROVENANCE, "failed_cases")
    text = (
        f"Cases without usable image or mask were left out ({n}); nothing was imputed. A lung that"
        " was missed counts as the worst, never as missing."
    )
    return Answer([text], f"{PROVENANCE}: failed_cases; {SUMMARY}: n_missed")


def _partition(study: Study) -> Answer:
    source = study.first
    if source.pool is not None:
        text: Text = [f"{tested(source)} Folds: by ", *division(source), f".{sizes(source)}"]
        return Answer(text, f"{SPLIT}: sets, made_by; {PROVENANCE}: pool.{EACH}")
    counts = ", ".join(f"{name} {source.count(SPLIT, 'sets', name)}" for name in source.sets)
    return Answer(["By ", *division(source), f". Cases: {counts}."], f"{SPLIT}: sets, made_by")


def _disjoint(study: Study) -> Answer:
    how = "patients"
    if study.first.config("data", "patients") == "case":
        how = "cases: each case was taken for a patient (data.patients=case)"
    return Answer([f"Sets are disjoint by {how}."], f"{PROVENANCE}: config.data.patients")


def _size(study: Study) -> Answer:
    n = study.first.text(SUMMARY, "test", "n_cases")
    text = f"Cases in the test: {n}; why so many is left to the author."
    return Answer([text], f"{SUMMARY}: test.n_cases")


def _model(study: Study) -> Answer:
    return Answer([*of_class(study.first, "model"), f"; {study.parameters} parameters; input and"
                   " output: one slice with its channels, one probability per pixel."],
                  f"{PROVENANCE}: config.model, n_parameters")  # fmt: skip


def _software(study: Study) -> Answer:
    source = study.first
    torch = source.text(PROVENANCE, "packages", "torch")
    text = (
        f"lungseg {source.text(PROVENANCE, 'lungseg')}, PyTorch {torch}, others in the appendix;"
        f" {hardware(source)}."
    )
    return Answer([text], f"{PROVENANCE}: packages, git, hardware, devices")


def _initial(study: Study) -> Answer:
    started = study.first.value(PROVENANCE, f"{INIT}_sha256")
    how = "From the weights of a checkpoint (appendix)"
    if not started:
        words = initialised(study.first)
        how = words[0].upper() + words[1:]
    return Answer([f"{how}. Seed {study.first.setting('seed')}."],
                  f"{PROVENANCE}: init_sha256, config.seed")  # fmt: skip


def _training(study: Study) -> Answer:
    source = study.first
    names = in_use(source)
    augment = ", ".join(name.replace("_", " ") for name in names) if names else "none"
    return Answer(
        [
            "Loss: ", *of_class(source, "loss"), "; optimizer: ", *of_class(source, "optimizer"),
            f"; {lasted(source)}; batch size"
            f" {source.setting('data', 'batch_size')}; augmentation: {augment}.",
        ],
        f"{PROVENANCE}: config.{{loss,optimizer,scheduler,trainer,data.batch_size,augment}}",
    )  # fmt: skip


def _selection(study: Study) -> Answer:
    source = study.first
    file = source.evaluated("file")
    monitor = str(source.config("callbacks", "checkpoint", "monitor"))
    rule: list[Piece] = ["the last epoch"]
    if file == "best.ckpt":
        rule = ["the best epoch by ", Code(monitor)]
    return Answer(
        ["Weights of ", *(rule if file else [NOT_RECORDED]), f" (after {epochs(source)} epochs);"
         f" allow_test_selection={str(bool(source.config('allow_test_selection'))).lower()}."],
        f"{PROVENANCE}: evaluation.file, evaluation.epochs, config.allow_test_selection",
    )  # fmt: skip


def _ensemble(study: Study) -> Answer:
    how = "" if study.first.pool is None else ", that of the fold that tested it"
    return Answer([f"None is recorded: each case was predicted by one model{how}."],
                  f"{PROVENANCE}: evaluation.file")  # fmt: skip


def _updating(study: Study) -> Answer:
    return Answer(["None: the model was evaluated as its training left it."],
                  f"{PROVENANCE}: evaluation.file, evaluation.epochs")  # fmt: skip


def _imbalance(study: Study) -> Answer:
    source = study.first
    sampling: list[Piece] = ["every training slice once per epoch"]
    if source.config("sampling"):
        sampling = of_class(source, "sampling")
    pixels = of_class(source, "loss")
    return Answer(["Slices: ", *sampling, "; pixels: by the loss, ", *pixels, "."],
                  f"{PROVENANCE}: config.sampling, config.loss")  # fmt: skip


def _subsets(study: Study) -> Answer:
    n = study.first.count(SPLIT, "left_out")
    crop = str(study.first.config("data", "crop"))
    return Answer([f"Cases in no set: {n}. Of each image: ", Code(f"data.crop={crop}"), "."],
                  f"{SPLIT}: left_out; {PROVENANCE}: config.data.crop")  # fmt: skip


def _acquisition(study: Study) -> Answer:
    known = "Scanner and spacing" if study.cohort is not None else "No more than numbers of slices"
    return Answer([f"{known} by set: table of data. The protocol is left to the author."],
                  "cohort: cases")  # fmt: skip


def _output(study: Study) -> Answer:
    threshold = study.first.text(PROVENANCE, "evaluation", "threshold")
    used = study.first.evaluated("postprocess")
    after = "none" if used == "" else study.first.text(PROVENANCE, "evaluation", "postprocess")
    return Answer([f"Probability of lung per pixel, lung at {threshold} and above;"
                   f" post-processing: {after}."],
                  f"{PROVENANCE}: evaluation.threshold, evaluation.postprocess")  # fmt: skip


def _metrics(study: Study) -> Answer:
    empty = str(study.first.evaluated("empty_dsc"))
    return Answer(["Methods, Metrics; both-empty slices: ", Code(empty), "."],
                  f"{PROVENANCE}: evaluation.empty_dsc")  # fmt: skip


def _statistics(study: Study) -> Answer:
    between = "the variation between trainings was not measured"
    seeds = [source.config("seed") for source in study.sources if source.trained]
    if len({canonical(seed) for seed in seeds}) > 1:
        between = "between trainings: runs of several seeds stand side by side"
    elif any(isinstance(seed, list) for seed in seeds):
        between = "results of a case are means over trainings of several seeds"
    return Answer([f"95 % intervals by case (Methods, Statistics); {between}."], f"{SUMMARY}: ci95")


def _internal(study: Study) -> Answer:
    kind = "cross-validation, every case once" if study.first.pool else "held-out test set"
    return Answer([f"Internal: {kind}."], f"{SPLIT}: sets")


def _external(study: Study) -> Answer:
    text = "None in these runs: the test cases are of the cohort of the training."
    return Answer([text], f"{PROVENANCE}: cohort_sha256; {SPLIT}: sets")


def _flow(study: Study) -> Answer:
    return Answer(["Flow diagram (figures/flow.pdf)."],
                  f"{SPLIT}: sets, left_out; {PROVENANCE}: failed_cases")  # fmt: skip


def _characteristics(study: Study) -> Answer:
    known = "sex, scanner and spacing" if study.cohort is not None else "numbers of slices"
    return Answer([f"Table of data: {known} by set; age and diagnoses are not kept and are left to"
                   " the author."], "cohort: cases")  # fmt: skip


def _performance(study: Study) -> Answer:
    parts = [f"{words} {sentence(study.first, key)}" for key, words in HEADLINE.items()]
    return Answer([f"{'; '.join(parts)}."], f"{SUMMARY}: test; {CASES}")


def _accuracy(study: Study) -> Answer:
    parts = [f"{key} {sentence(study.first, key)}" for key in PIXELS]
    return Answer([f"Of the pixels of all test slices: {'; '.join(parts)}."],
                  f"{SUMMARY}: test")  # fmt: skip


def _failure(study: Study) -> Answer:
    missed = []
    for side, word in SIDES.items():
        if side:
            n = study.first.text(SUMMARY, "test", f"{side}volume_dsc_mean", "n_missed")
            missed.append(f"{word} lung {n}")
    drawn = [name for name in WORST if name in figures(study.first)]
    worst = f"; worst slices: {', '.join(drawn)}" if drawn else ""
    return Answer([f"Missed: {', '.join(missed)}; each case: table of cases{worst}; the reasons are"
                   " left to the author."], f"{SUMMARY}: n_missed; {CASES}")  # fmt: skip


def _code(study: Study) -> Answer:
    commit = study.first.text(PROVENANCE, "git", "commit")
    return Answer(["Code: lungseg, commit ", Code(commit), "; where weights and data can be had is"
                   " left to the author."], f"{PROVENANCE}: git.commit")  # fmt: skip


ANSWERS: dict[str, Callable[[Study], Answer]] = {
    "cohort": _cohort,
    "inclusion": _inclusion,
    "preprocessing": _preprocessing,
    "missing": _missing,
    "partition": _partition,
    "disjoint": _disjoint,
    "size": _size,
    "model": _model,
    "software": _software,
    "initial": _initial,
    "training": _training,
    "selection": _selection,
    "ensemble": _ensemble,
    "updating": _updating,
    "imbalance": _imbalance,
    "subsets": _subsets,
    "acquisition": _acquisition,
    "output": _output,
    "metrics": _metrics,
    "statistics": _statistics,
    "internal": _internal,
    "external": _external,
    "flow": _flow,
    "characteristics": _characteristics,
    "performance": _performance,
    "accuracy": _accuracy,
    "failure": _failure,
    "code": _code,
}
"""By topic."""
