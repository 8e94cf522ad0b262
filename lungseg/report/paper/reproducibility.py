"""The reproducibility appendix: commands, hashes, code and environment of each run."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Sequence

from lungseg.report.paper.folds import AT, each, environment, name_of
from lungseg.report.paper.methods_evaluation import hardware
from lungseg.report.paper.methods_training import training_time
from lungseg.report.paper.prose import Code, Piece, Text, as_tex
from lungseg.report.paper.source import NOT_RECORDED, SPLIT, Source
from lungseg.report.paper.study import Study
from lungseg.report.paper.tex import escaped, paragraph_column, table
from lungseg.report.pooled_folds import COMMANDS
from lungseg.runs.provenance import PROVENANCE

OVERRIDES = ".hydra/overrides.yaml"


def rows(source: Source) -> Iterator[tuple[str, Text]]:
    """What it takes to repeat a run, with the name of each part."""
    yield from commands(source)
    yield "SHA-256 of the cohort", [Code(source.text(PROVENANCE, "cohort_sha256"))]
    yield from _checkpoints(source)
    for set_name in source.sets:
        names = [source.note(case, case, SPLIT, "sets", set_name, str(k))
                 for k, case in enumerate(source.sets[set_name])]  # fmt: skip
        if source.pool is None:
            yield f"{set_name} cases", [", ".join(names)]
        else:
            labels = [source.text(PROVENANCE, "pool", "folds", case) for case in names]
            told = (f"{case} ({label})" for case, label in zip(names, labels, strict=True))
            yield "test cases, each with its fold", [", ".join(told)]
    yield "code of the training", _git(source)
    yield "code of the evaluation", [*_git(source, "evaluation"), _other_code(source)]
    at = environment(source)
    yield "system", [source.text(PROVENANCE, "platform"), ", Python ",
                     source.text(PROVENANCE, *at, "python")]  # fmt: skip
    packages = source.value(PROVENANCE, *at, "packages") or {}
    versions = [f"{name} {source.text(PROVENANCE, *at, 'packages', name)}" for name in packages]
    yield "packages", [", ".join(versions) or NOT_RECORDED]
    yield "hardware", [hardware(source)]
    yield "precision", [Code(source.text(PROVENANCE, "precision"))]
    yield "seed", [source.setting("seed")]
    yield "training time", [training_time(source)]
    yield "energy", [NOT_RECORDED]


def commands(source: Source) -> Iterator[tuple[str, Text]]:
    """The commands as typed; paths to patients' data were never recorded.

    Of a pool those that train its folds, and the one that pools them.
    """
    if source.pool is None:
        yield "command", [Code(_command(source, source.run.overrides, OVERRIDES, ""))]
        yield from _automatic(source)
        return
    typed = source.pool.get(COMMANDS) or []
    for k, words in enumerate(typed):
        at = f"pool.{COMMANDS}.{k}."
        yield ("command" if len(typed) == 1 else f"command {k + 1}",
               [Code(_command(source, words, PROVENANCE, at))])  # fmt: skip
    if not typed:
        yield "command", [NOT_RECORDED]
    yield from _automatic(source)
    pooling = Code("lungseg pool runs=[RUN,RUN,…] output=POOLED")
    if len(typed) == 1 and "-m" in typed[0]:
        pooling = Code("lungseg pool runs=SWEEP output=POOLED")
    yield "pooling of the folds", [pooling]


def _automatic(source: Source) -> Iterator[tuple[str, Text]]:
    """What the machine decided, which another one might decide otherwise."""
    if source.config("trainer", "precision") == "auto" and source.value(PROVENANCE, "precision"):
        word = f"trainer.precision={source.text(PROVENANCE, 'precision')}"
        yield "chosen by trainer.precision=auto", [Code(word), ", to be added on another machine"]


def _command(source: Source, words: Sequence[str], file: str, at: str) -> str:
    noted = [source.note(word, word, file, f"{at}{k}") for k, word in enumerate(words)]
    return shlex.join(["lungseg", "train" if source.trained else "evaluate", *noted])


def _checkpoints(source: Source) -> Iterator[tuple[str, Text]]:
    if source.pool is None:
        yield "SHA-256 of the checkpoint", _checkpoint(source)
        return
    for k, fold in enumerate(each(source)):
        sha256 = source.text(PROVENANCE, *AT, str(k), "checkpoint_sha256")
        yield (
            f"SHA-256 of the checkpoint of {name_of(source, k)}",
            [Code(sha256), f" ({fold['file']})"],
        )


def _checkpoint(source: Source) -> list[Piece]:
    """Hash of the checkpoint that was evaluated, and its name."""
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


def _other_code(source: Source) -> str:
    """Why the code of the evaluation is not that of the training, where it is not."""
    trained = source.value(PROVENANCE, "git", "commit")
    evaluated = source.evaluated("git", "commit")
    if None in (trained, evaluated) or trained == evaluated:
        return ""
    if source.pool is None:
        return "; the run was evaluated again with this code, after its training"
    return "; the folds were pooled with this code, after their training"


def reproducibility_tex(study: Study) -> str:
    """A table per run."""
    several = len(study.sources) > 1
    runs = "[RUN,RUN,…]" if several else "RUN" if study.first.pool is None else "POOLED"
    paper = ["this pack", as_tex([Code(f"lungseg paper runs={runs} output=PACK")])]
    return "\n".join(
        table(
            ["", escaped(name)],
            [*([escaped(title), as_tex(text)] for title, text in rows(source)), paper],
            escaped(f"How to repeat {name}."),
            f"tab:repeat-{source.number}",
            paragraph_column(0.2) + paragraph_column(0.74),
        )
        for source, name in zip(study.sources, study.names, strict=True)
    )
