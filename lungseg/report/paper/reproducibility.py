"""The reproducibility appendix: commands, hashes, code and environment of each run."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator

from lungseg.report.paper.methods_evaluation import hardware
from lungseg.report.paper.methods_training import training_time
from lungseg.report.paper.prose import Code, Piece, Text, as_tex
from lungseg.report.paper.source import NOT_RECORDED, SPLIT, Source
from lungseg.report.paper.study import Study
from lungseg.report.paper.tex import escaped, paragraph_column, table
from lungseg.runs.provenance import PROVENANCE

OVERRIDES = ".hydra/overrides.yaml"


def rows(source: Source) -> Iterator[tuple[str, Text]]:
    """What it takes to repeat a run, with the name of each part."""
    yield "command" if source.pool is None else "command of each fold", [Code(command(source))]
    yield "SHA-256 of the cohort", [Code(source.text(PROVENANCE, "cohort_sha256"))]
    yield "SHA-256 of the checkpoint", _checkpoint(source)
    for set_name in source.sets:
        names = [source.note(case, case, SPLIT, "sets", set_name, str(k))
                 for k, case in enumerate(source.sets[set_name])]  # fmt: skip
        yield f"{set_name} cases", [", ".join(names)]
    yield "code of the training", _git(source)
    yield "code of the evaluation", _git(source, "evaluation")
    yield "system", [source.text(PROVENANCE, "platform"), ", Python ",
                     source.text(PROVENANCE, "python")]  # fmt: skip
    packages = source.value(PROVENANCE, "packages") or {}
    versions = [f"{name} {source.text(PROVENANCE, 'packages', name)}" for name in packages]
    yield "packages", [", ".join(versions) or NOT_RECORDED]
    yield "hardware", [hardware(source)]
    yield "precision", [Code(source.text(PROVENANCE, "precision"))]
    yield "seed", [source.setting("seed")]
    yield "training time", [training_time(source)]
    yield "energy", [NOT_RECORDED]


def command(source: Source) -> str:
    """The command as typed; paths to patients' data were never recorded."""
    file, path, words = OVERRIDES, "", list(source.run.overrides)
    if source.pool is not None:
        file, path, words = PROVENANCE, "pool.overrides.", source.pool.get("overrides") or []
    noted = [source.note(word, word, file, f"{path}{k}") for k, word in enumerate(words)]
    return shlex.join(["lungseg", "train" if source.trained else "evaluate", *noted])


def _checkpoint(source: Source) -> list[Piece]:
    """Hash of the checkpoint that was evaluated, and its name."""
    recorded = source.value(PROVENANCE, "checkpoint_sha256")
    if recorded:
        return [Code(source.text(PROVENANCE, "checkpoint_sha256"))]
    name = source.run.weights or ""
    file = source.run.folder / "checkpoints" / name
    if not name or not file.is_file():
        return [NOT_RECORDED]
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    key = f"checkpoints/{name}"
    return [Code(source.note(sha256, sha256, key, "sha256")), f" ({name})"]


def _git(source: Source, *path: str) -> list[Piece]:
    """Version, commit, and whether the code was changed since."""
    version = source.text(PROVENANCE, *path, "lungseg")
    if version == NOT_RECORDED:
        return [NOT_RECORDED]
    dirty = source.value(PROVENANCE, *path, "git", "dirty")
    state = {True: " (dirty: with changes that are in no commit)", False: " (clean)"}.get(dirty, "")
    commit = source.text(PROVENANCE, *path, "git", "commit")
    return [f"lungseg {version}, commit ", Code(commit), state]


def reproducibility_tex(study: Study) -> str:
    """A table per run."""
    return "\n".join(
        table(
            ["", escaped(name)],
            [[escaped(title), as_tex(text)] for title, text in rows(source)],
            escaped(f"How to repeat {name}."),
            f"tab:repeat-{source.number}",
            paragraph_column(0.2) + paragraph_column(0.74),
        )
        for source, name in zip(study.sources, study.names, strict=True)
    )
