"""Methods: data, and what becomes of a slice before the network sees it."""

from __future__ import annotations

from typing import Any

from lungseg.data.network_slices import SOFT_TISSUE_HU
from lungseg.report.paper.folds import division, sizes, tested
from lungseg.report.paper.prose import Bold, Cite, Code, Paragraph, Piece
from lungseg.report.paper.source import SPLIT, Source, plain, short
from lungseg.report.paper.study import Study
from lungseg.report.paper.words import TARGET, arguments, joined, node_of, of_class, several
from lungseg.runs.provenance import PROVENANCE

SETS = {"train": "training", "val": "validation", "test": "test"}
WINDOW = "lungseg.data.intensity.Window"
SYNTHETIC = "The data are synthetic: no number here says anything about patients."


def data(study: Study) -> Paragraph:
    """Which cases there are, and who is in which set."""
    source = study.first
    n = n_prepared(source)
    n_scans = int(n.replace(",", ""))
    pieces: list[Piece] = [Bold(SYNTHETIC), " "] if source.run.synthetic else []
    pieces += [
        "The cohort ", Code(str(source.config("data", "name"))),
        f" has {n} CT {several(n_scans, 'scan')}",
    ]  # fmt: skip
    if study.cohort is not None:
        patients = len({study.cohort.patients.get(name, name) for name in study.cohort.names})
        note = study.ledger.note(plain(patients), patients, None, "cohort", "patients")
        slices = study.cohort.fingerprint()["n_slices"]
        total = study.ledger.note(plain(slices), slices, None, "cohort", "n_slices")
        pieces += [f" of {note} {several(patients, 'patient')} ({total} axial slices)"]
    pieces += [" with reference masks of the lungs"]
    if source.config("data", "name") == "lctsc":
        pieces += [", in the layout of the LCTSC challenge ", Cite("yang2018")]
    sha256 = source.text(PROVENANCE, "cohort_sha256", form=short)
    pieces += [f" (SHA-256 of all voxels and masks: {sha256}). "]
    n_failed = len(source.value(PROVENANCE, "failed_cases") or ())
    if n_failed:
        count = source.count(PROVENANCE, "failed_cases")
        pieces += [f"{count} further {several(n_failed, 'scan')} could not be prepared and"
                   " were left out; the flow diagram gives the reasons. "]  # fmt: skip
    told = "Who drew the reference masks, and how, is left to the author."
    return Paragraph("Data", [*pieces, *_partition(source), f" {told}"])


def n_prepared(source: Source) -> str:
    """Number of the prepared cases, of all sets and of none."""
    sets = {f"len(sets.{name})": len(cases) for name, cases in source.sets.items()}
    parts = sets | {"len(left_out)": len(source.value(SPLIT, "left_out") or ())}
    n = sum(parts.values())
    return source.note(plain(n), n, SPLIT, " + ".join(parts))


def _partition(source: Source) -> list[Piece]:
    """How patients were assigned to sets, and how many cases each has."""
    counts = [f"{source.count(SPLIT, 'sets', name)} {SETS[name]}" for name in source.sets]
    pieces: list[Piece] = [f"There are {' and '.join(counts)} cases, assigned by "]
    if source.pool is not None:
        pieces = [f"{tested(source)} Folds were made by "]
    return [*pieces, *division(source), f".{sizes(source)} {together(source)}"]


def together(source: Source) -> str:
    """Whether scans of one patient may be in several sets."""
    if source.config("data", "patients") == "case":
        return (
            "Each scan was taken for a patient of its own (data.patients=case), so scans of one"
            " patient may be in several sets."
        )
    return f"All scans of one patient were in the same {'fold' if source.pool else 'set'}."


def preprocessing(study: Study) -> Paragraph:
    """The network's input."""
    source = study.first
    pieces: list[Piece] = [
        "Images were converted to Hounsfield units (HU), their slices in order from feet to head. "
    ]
    settings = node_of(source, "data")
    if settings.get("outside") == "soft":
        hu = study.ledger.constant(
            plain(SOFT_TISSUE_HU), SOFT_TISSUE_HU, "lungseg.data.network_slices.SOFT_TISSUE_HU"
        )
        pieces += [f"What lay outside the patient's skin was set to soft tissue ({hu} HU). "]
    elif settings.get("outside") == "channel":
        pieces += ["The outline of the patient was a further channel. "]
    if settings.get("matrix_size"):
        size = source.setting("data", "matrix_size")
        pieces += [f"Slices were resampled to {size} pixels along the longer side. "]
    if settings.get("spacing"):
        pieces += [f"Slices were resampled to pixels of {source.setting('data', 'spacing')} mm. "]
    if settings.get("crop") == "body":
        pieces += [
            "Slices were cropped to the bounding box of the patient, found from the image alone. "
        ]
    if settings.get("context"):
        apart = settings.get("context_mm")
        steps = f", {source.setting('data', 'context_mm')} mm apart" if apart else ""
        n = source.setting("data", "context")
        pieces += [f"The network saw each slice with {n} neighbours on either side as channels"
                   f"{steps}. "]  # fmt: skip
    else:
        pieces += ["The network saw each slice alone. "]
    return Paragraph("Preprocessing", [*pieces, *_intensity(source)])


def _intensity(source: Source) -> list[Piece]:
    if source.config("intensity", TARGET) == WINDOW:
        lower, upper = (source.setting("intensity", end) for end in ("lower", "upper"))
        return [f"HU were clipped to {lower} to {upper} and scaled linearly to [0, 1]."]
    return ["HU became intensities by ", *of_class(source, "intensity"), "."]


def augmentation(study: Study) -> Paragraph:
    """Random changes of training slices, and which slices an epoch has."""
    source = study.first
    pieces: list[Piece] = []
    if node_of(source, "augment"):
        used = [list(_transform(source, name)) for name in in_use(source)]
        pieces += ["In training only, slices were changed at random, each transform with its own"
                   " probability p: ", *joined(used, "; "), ". "]  # fmt: skip
    else:
        pieces += ["Slices were not augmented. "]
    if node_of(source, "sampling"):
        pieces += ["Slices of an epoch were chosen by ", *of_class(source, "sampling"), "."]
    else:
        pieces += ["Each epoch had every training slice once."]
    return Paragraph("Augmentation and sampling", pieces)


def in_use(source: Source) -> list[str]:
    """Names of the transforms with a probability above 0; all of a class that is not ours."""
    transforms: dict[str, Any] = source.config("augment", "transforms") or {}
    return [name for name, node in transforms.items() if node.get("p", 1)]


def _range(value: Any) -> str:
    """Two numbers are the ends of a range that is drawn from."""
    if isinstance(value, list) and len(value) == 2:
        return " to ".join(map(plain, value))
    return plain(value)


def _transform(source: Source, name: str) -> list[Piece]:
    told = list(arguments(source, "augment", "transforms", name, form=_range))
    return [name.replace("_", " "), *([" (", *joined(told, ", "), ")"] if told else [])]
