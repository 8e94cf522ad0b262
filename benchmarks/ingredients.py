"""What single parts of a recipe are worth, on real and on hard synthetic patients.

Each is changed alone. All start from ``experiment=fast`` with fewer pixels and six epochs, so that
dozens of trainings take hours and not days. ``run`` trains what is not there yet and may be started
several times at once with other parts; ``table`` prints the tables of ``docs/recipes.md``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from lungseg.metrics.crossvalidation import Folds
from lungseg.metrics.difference import Difference, paired_difference
from lungseg.metrics.statistics import holm, verdict

START = (
    "experiment=fast data.spacing=null model.depth=4 trainer.max_epochs=6 "
    "trainer.check_val_every_n_epoch=6 "
    "report=false logger=none"
)
REAL = "-m data=lctsc data.matrix_size=256 split=leave_one_out split.fold=all"
HARD = "data=phantom data.n_cases=9 split=explicit split.test=[Case_008]"
VALIDATION = {"real": "1", "hard": "[Case_007]"}
"""What stands for VAL in a part."""
HARD_PATIENTS = "data=phantom_hard data.n_cases=24"

_STILL = "augment.transforms.flip.p=0 augment.transforms.affine.p=0"
_SAME_VALUES = "augment.transforms.contrast.p=0 augment.transforms.brightness.p=0"
_ALONE = f"augment=light {_STILL} {_SAME_VALUES}"
_NO_COMBO = "~loss.alpha ~loss.beta ~loss.smooth ~loss.reduction ~loss.empty"
_CALLBACKS = "callbacks=[checkpoint,progress,ema"
BASELINES = {"baseline": "", "seed 1": "seed=1", "seed 2": "seed=2"}
"""Repeats of the start, by which a part is told from chance."""
PARTS = {
    "flips": f"augment=light augment.transforms.affine.p=0 {_SAME_VALUES}",
    "scaling, rotation, shift": f"augment=light augment.transforms.flip.p=0 {_SAME_VALUES}",
    "contrast, brightness, gamma": f"augment=light {_STILL} augment.transforms.gamma.p=0.5",
    "light augmentation": "augment=light",
    "strong augmentation": "augment=strong",
    "elastic": f"{_ALONE} augment.transforms.elastic.p=0.5",
    "low dose": f"{_ALONE} augment.transforms.low_dose.p=0.5",
    "thick slices": f"{_ALONE} augment.transforms.thick_slices.p=0.5",
    "random erasing": f"{_ALONE} augment.transforms.random_erasing.p=0.5",
    "CutMix": f"{_ALONE} augment.transforms.cut_mix.p=0.5",
    "wide range": "intensity=wide",
    "several windows": "intensity=multi",
    "histogram equalisation": "intensity=equalize",
    "CLAHE": "intensity=clahe",
    "SGD": "optimizer=sgd optimizer.lr=0.1",
    "constant learning rate": "scheduler=none",
    "early stopping": (
        f"{_CALLBACKS},early_stopping] split.val=VAL scheduler=none trainer.max_epochs=12 "
        "trainer.check_val_every_n_epoch=1 callbacks.early_stopping.patience=2"
    ),
    "twice the channels": "model.base_channels=16",
    "residual blocks": "model.residual=true",
    "instance norm": "model.norm=instance",
    "deep supervision": f"model.deep_supervision=true loss=deep_supervision {_NO_COMBO}",
    "Dice of each slice": "loss.reduction=sample loss.empty=count",
    "Dice of each slice with lung": "loss.reduction=sample loss.empty=one",
    "focal Tversky loss": "loss=focal_tversky ~loss.empty",
    "boundary loss": f"loss=boundary {_NO_COMBO}",
    "balanced sampling": "sampling=balanced",
    "hard slices twice": "sampling=hard",
    "no average of weights": "callbacks=[checkpoint,progress] ~callbacks.ema",
    "SWA": "callbacks=[checkpoint,progress,swa] ~callbacks.ema callbacks.swa.start_epoch=3",
    "one slice alone": "data.context=0",
    "two neighbours": "data.context=2",
    "patient's outline kept": "data.outside=keep",
    "outline as a channel": "data.outside=channel",
    "whole slice": "data.crop=none",
    "no post-processing": "postprocess=none",
}
SCORES = {"DSC, slices": True, "DSC, volume": True, "HD95, mm": False}
"""Columns of a table, and whether higher is better."""


def folder(out: Path, cohort: str, part: str) -> Path:
    return out / cohort / part.replace(" ", "_").replace(",", "").replace("'", "")


def overrides(cohort: str, part: str) -> str:
    """What a part changes; all but other losses have the soft DSC of a batch, as at the start."""
    change = (BASELINES | PARTS)[part].replace("VAL", VALIDATION[cohort])
    return change if "loss" in change else f"{change} loss.reduction=batch loss.empty=count"


def run(out: Path, cohort: str, root: str, parts: list[str]) -> None:
    """Train, and for the synthetic patients evaluate, each part that has no scores yet."""
    for part in parts:
        into, change = folder(out, cohort, part), overrides(cohort, part)
        if len(scores(out, cohort, part)):
            continue
        try:
            into.mkdir(parents=True)  # another process may be at it
        except FileExistsError:
            print(f"{into.name}: left as it is; remove it if nothing trains there")
            continue
        if cohort == "real":
            _lungseg(
                into, "train", f"{REAL} data.root={root} {START} {change} hydra.sweep.dir={into}"
            )
        else:
            _lungseg(into, "train", f"{HARD} {START} {change} hydra.run.dir={into / 'trained'}")
            where = f"ckpt={into}/trained/checkpoints/last.ckpt hydra.run.dir={into / 'hard'}"
            _lungseg(into, "evaluate", f"{where} {HARD_PATIENTS} report=false")


def _lungseg(into: Path, command: str, words: str) -> None:
    outputs = f"outputs={into.parent}/outputs"
    line = [sys.executable, "-m", "lungseg", command, *words.split(), outputs]
    with (into / f"{command}.txt").open("w") as file:
        done = subprocess.run(line, stdout=file, stderr=subprocess.STDOUT, check=False)
    print(f"{into.name}: {'done' if done.returncode == 0 else f'failed, {file.name}'}", flush=True)


def scores(out: Path, cohort: str, part: str) -> pd.DataFrame:
    """Scores of the test cases, one row per case: the columns of `SCORES`."""
    tables = []
    for file in sorted(folder(out, cohort, part).glob("*/evaluation/cases.csv")):
        if file.parent.parent.name == "trained":
            continue
        slices = pd.read_csv(file.with_name("slices.csv"))
        of_slices = slices[slices.tp + slices.fn > 0].groupby(["split", "case"]).dsc.mean()
        cases = pd.read_csv(file).set_index(["split", "case"])
        tables.append(pd.concat([of_slices, cases.dsc, cases.hd95_mm], axis=1))
    if not tables:
        return pd.DataFrame(columns=list(SCORES))
    table = pd.concat(tables).loc["test"].sort_index()
    table.columns = list(SCORES)
    return table


def difference(cohort: str, before: pd.DataFrame, after: pd.Series[float]) -> Difference:
    """Of one training from the mean of several, ``[cases, repeats]``, of the same cases."""
    n = len(before)
    folds = Folds(np.arange(n)[None], 1 / (n - 1)) if cohort == "real" else None
    return paired_difference(before.to_numpy().T, [after.loc[before.index]], folds=folds)


def table(out: Path, cohort: str) -> None:
    """Print the start's means, and the paired difference of each part from them."""
    repeats = [made for name in BASELINES if len(made := scores(out, cohort, name))]
    base = {score: pd.concat([made[score] for made in repeats], axis=1) for score in SCORES}
    n = len(repeats[0])
    there = {part: made for part in PARTS if len(made := scores(out, cohort, part)) == n}
    for score in SCORES:
        seeds = ", ".join(f"{mean:.4f}" for mean in base[score].mean())
        print(f"baseline, {n} cases, by seed: {score} {seeds}")
    print(f"without scores: {', '.join(part for part in PARTS if part not in there) or 'none'}")
    cells: dict[str, list[str]] = {part: [] for part in there}
    for score, higher in SCORES.items():
        digits = 4 if higher else 1
        made = {part: difference(cohort, base[score], each[score]) for part, each in there.items()}
        adjusted = holm([each.p for each in made.values()])
        for (part, each), p in zip(made.items(), adjusted, strict=True):
            cells[part].append(_cell(each, there[part][score] - base[score].mean(axis=1), digits))
            told = verdict(each, p, higher_is_better=higher)
            if told != "cannot be told":
                cells[part][-1] = f"**{cells[part][-1]}, {told}**"
    print(f"| part | {' | '.join(SCORES)} |\n|---|{'---|' * len(SCORES)}")
    for part, row in cells.items():
        print(f"| {part}: {_short(PARTS[part])} | {' | '.join(row)} |")
    kinds = pd.DataFrame({score: by_case.mean(axis=1) for score, by_case in base.items()})
    if cohort == "hard":
        kinds.index = kinds.index.str.removeprefix("Case_").str[4:]
        print(kinds.groupby(level=0).mean().round(4))


def _short(change: str) -> str:
    """An override, without the probabilities that switch other transforms off."""
    words = [word.removeprefix("augment.transforms.") for word in change.split()]
    return " ".join(f"`{word}`" for word in words if not word.endswith(".p=0"))


def _cell(difference: Difference, by_case: pd.Series[float], digits: int) -> str:
    """Mean with its interval; of a few cases also each."""
    assert difference.ci95 is not None
    low, high = (f"{end:+.{digits}f}" for end in difference.ci95)
    text = f"{difference.mean:+.{digits}f} ({low} to {high})"
    if len(by_case) <= 3:
        text += f": {', '.join(f'{one:+.{digits}f}' for one in by_case)}"
    return text


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["run", "table"])
    parser.add_argument("cohort", choices=["real", "hard"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--root", default="", help="of the real cases")
    parser.add_argument("--parts", nargs="*", default=[*BASELINES, *PARTS])
    given = parser.parse_args()
    if given.what == "run":
        run(given.out.resolve(), given.cohort, given.root, given.parts)
    else:
        table(given.out.resolve(), given.cohort)


if __name__ == "__main__":
    main()
