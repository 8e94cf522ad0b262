"""Wrong and unusual command lines as people type them, each answered in one true line."""

import json
import re
import shlex
import subprocess
import sys

import pytest

# Answered from the settings alone, or because something is not there.
AT_ONCE = {
    "train trainer.max_epochs=two": "trainer.max_epochs=two: must be a whole number, 1 or more",
    "train trainer.max_epochs=0": "trainer.max_epochs=0: must be a whole number, 1 or more",
    "train data.batch_size=1.5": "data.batch_size=1.5: must be a whole number, 1 or more",
    "train data.num_workers=-1": "data.num_workers=-1: must be a whole number, 0 or more",
    "train compile=inductor": "compile=inductor: must be true or false",
    "train data.cache=gpu": "data.cache=gpu: must be memory or device",
    "train data.cache=device data.cache_gib=0": "keeps what data.cache_gib allows, which is 0",
    "train data.cache=device data.num_workers=2": "cannot share it; leave data.num_workers=2 out",
    "train data.cache_gib=all": "data.cache_gib=all: must be a number above 0",
    "train logger=[csv,tensorbord]": "logger=tensorbord: no such option; there are csv, mlflow",
    "predict run=RUN input=a output=b": "run: no such setting; did you mean model?",
    "train seed=today": "seed=today: must be a whole number, 0 or more",
    "train optimizer.lr=0": "optimizer.lr=0: must be a number above 0",
    "train loss.alpha=1.5": "loss: alpha must be a number from 0 to 1, got 1.5",
    "train loss=dice loss.smooth=0": "loss: smooth must be a number above 0, got 0",
    "train model.depth=0": "model: depth must be a whole number of at least 1, got 0",
    "train intensity.upper=-2000": "intensity: lower must be below upper",
    "train metrics.threshold=50": "metrics.threshold=50: must be a number between 0 and 1",
    "train metrics.empty_dsc=half": "metrics.empty_dsc=half: must be zero, one or nan",
    "train trainer.precision=17": "trainer.precision=17: must be auto or one of 32",
    "train trainer.accelerator=cud": "trainer.accelerator=cud: must be one of auto, cpu, gpu",
    "train trainer.devices=0": "trainer.devices=0: must be how many, 1 or more",
    "train +trainer.limit_test_batches=3": "trainer.limit_test_batches: leave it out",
    "train logger.mode=sometimes": "logger.mode=sometimes: must be offline or online",
    "train scheduler=cosine scheduler.interval=week": "scheduler.interval=week: must be epoch or",
    "train callbacks.checkpoint.monitor=val_loss": "did you mean val/loss?",
    "train callbacks.checkpoint.monitor=test/dsc": "would choose by the test set",
    "train data.size=8": "data: size must be at least 32, got 8",
    "train data.n_cases=many": "data: n_cases must be a whole number of at least 1, got 'many'",
    "train data=lctsc": r"data.root: must be given: data.root=VALUE \(the folder that contains Im",
    "prepare data=slices2d data.root=.": (
        r"data.spacing_mm: must be given: data.spacing_mm=VALUE \(\[z, y, x\]: .* columns\);"
        r" and data.numbers_run=VALUE \(feet_to_head or head_to_feet: .*\)$"
    ),
    "train data=lctsc data.root=nowhere": r"data.root: no such folder \[nowhere\]",
    "train data=nifti data.root=nowhere": r"data.root: no such folder \[nowhere\]",
    "train data=tcia data.root=nowhere data.masks=none": "data.masks=none: cases without masks can",
    "train data=lctsc data.store=nowhere": r"no prepared cohort here .* \[nowhere\]",
    "train data=lctsc data.root=. data.patients=name": "data.patients=name: must be id or case",
    "train parallel.n_jobs=0": "parallel.n_jobs=0: must be 1 or more, or -1 for all cores",
    "train split.test=1.5": "split.test: must be a share of the patients from 0 to 1, or a whole",
    "train split=file split.file=no.json": r"split.file: no such file \[no.json\]",
    "train split=balanced split.table=no.csv": r"split.table: no such file \[no.csv\]",
    "train ckpt_path=no.ckpt": r"no checkpoint here \[no.ckpt\]",
    "train modle=unet": "modle: no such setting; did you mean model?",
    "train model=unett": "model=unett: no such option; there are .*monai_unet, unet, unet_deep, unet_small",
    "train loss.alpah=0.5": "loss.alpah: no such setting; did you mean loss.alpha?",
    "train trainer.strategy=ddp": r"trainer._target_ names takes it, add it with \+trainer.strategy=…",
    "train loss.alpha=0.2,0.5": "several values; add -m to sweep over them",
    "train +transforms=flip": "transforms: nothing reads this setting",
    "evaluate": r"or ckpt=FILE, model=\[RUN,RUN\] or predictions=DIR, with data=…; one of them",
    "evaluate run=nowhere": r"no such run folder \[nowhere\]",
    "evaluate ckpt=no.ckpt": "data: must be given with ckpt: data=lctsc data.root=DIR",
    "evaluate ckpt=no.ckpt data=phantom": r"no checkpoint here \[no.ckpt\]",
    "evaluate run=. metrics.threshold=2": "metrics.threshold=2: must be a number between 0 and 1",
    "evaluate run=. trainer.accelerator=cud": "trainer.accelerator=cud: must be one of auto, cpu",
    "compare runs=nowhere": r"runs: no such folder \[nowhere\]",
    "compare runs=. set=tests": "set=tests: must be one of test, val, train",
    "prepare data=dicomseg data.root=nowhere": r"data.root: no such folder \[nowhere\]",
    "train data=nifti data.root=. data.labels=lung": (
        r"data.labels=lung: must say which values are lungs: 'data.labels={both: \[2,3\]}'"
    ),
    "train data=nifti data.root=. data.labels=[two]": (
        r"data.labels: values are whole numbers above 0: 'data.labels={both: \[2,3\]}'"
    ),
    "train data=nifti data.root=. data.labels=true": "data.labels=True: must say which values are",
    "train split=5": "split=5: no such option; there are balanced, default, .*, train_val_test$",
    "train trainer=2 seed=1": "trainer=2: no such option; there are ddp, debug, default, gpu$",
    "train split.k=3": "split.k: is a setting of split=kfold$",
    "train split.file=a/split.json": "split.file: is a setting of split=file$",
    "export dataset=nnunet data.n_cases=6 output=x": (
        "data.n_cases: is a setting of data=phantom.*; data=… must be given$"
    ),
    "train data=nifti data.n_cases=6": "data.n_cases: is a setting of data=phantom",
    "train split.fold=1": "split.fold: is a setting of split=kfold or split=leave_one_out; choose",
    "train loss=dice loss.alpha=0.5": "loss.alpha: is a setting of loss=combo or loss=focal or ",
    "train experiment=sweep_capacity": (
        "this is a sweep over model.depth, model.base_channels: add -m: lungseg train -m …; or, for"
        " one run of it, model.depth=… model.base_channels=…$"
    ),
    "train experiment=sweep_capacity model.depth=2": "for one run of it, model.base_channels=…$",
    "compare runs=a,b": r"runs=a,b: several values; write runs=\[a,b\] for a list$",
    "compare a": "a: run folders are given as runs=a$",
    "compare a b metric=dsc": r"a: run folders are given as runs=\[a,b\]$",
    "deidentify input=nowhere output=copies": r"\[nowhere\]",
}

# Runs lines in one process and notes after each what was said and whether torch was imported.
RUNNER = """
import contextlib, io, json, shlex, sys
from lungseg.cli import main

answers = {}
for line in json.load(sys.stdin):
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = main(shlex.split(line))
    heavy = [name for name in ("torch", "pytorch_lightning", "pandas") if name in sys.modules]
    answers[line] = [code, said.getvalue().strip().splitlines(), heavy]
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        cwd=tmp_path_factory.mktemp("nothing_here"),
        input=json.dumps(list(AT_ONCE)),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("line", AT_ONCE)
def test_answered_at_once(line, answers):
    code, said, heavy = answers[line]
    assert code != 0
    (only,) = said
    assert only.startswith(f"lungseg {shlex.split(line)[0]}: error: ")
    assert re.search(AT_ONCE[line], only), only
    assert heavy == []


TARGET = "monai.networks.nets.UNet"
ARGUMENTS = "model=monai_unet"

# Answered once torch or the named package is imported, but before any case is written or read.
BEFORE_CASES = {
    "train trainer=gpu": "trainer.accelerator=cuda: torch finds no such device here",
    "train +trainer.strategy=ddpp": "trainer.strategy=ddpp: no such strategy; did you mean ddp?",
    "train +trainer.max_epoch=3": "takes no such argument; did you mean trainer.max_epochs?",
    "train logger=none +logger._target_=torch.nn.Flatten": (
        "logger: torch.nn.Flatten is no logger, a subclass of pytorch_lightning.loggers.Logger"
    ),
    "train logger=none +logger._target_=pytorch_lightning.loggers.CometLogger": (
        "logger: .*CometLogger needs the package comet_ml, which is not there"
    ),
    "train logger=none +logger._target_=nowhere.Logger": (
        "logger: no package nowhere is installed, nor is nowhere.py in the current folder"
    ),
    f"train {ARGUMENTS} model.in_channels=3": (
        f"model: {TARGET} takes three-channel images; a network must map .*: model.in_channels=1$"
    ),
    f"train {ARGUMENTS} model.out_channels=2": (
        r"maps an image \[1, 1, 64, 64\] to \[1, 2, 64, 64\]; .*: model.out_channels=1$"
    ),
    f"train {ARGUMENTS} model.spatial_dims=3": "takes 3-D images; .*: model.spatial_dims=2$",
    "train model._target_=lungseg.models.unet.UNett": (
        "model: lungseg.models.unet has no UNett; did you mean lungseg.models.unet.UNet?"
    ),
    "train model._target_=mynet.Net": (
        "model: no package mynet is installed, nor is mynet.py in the current folder"
    ),
    "train model._target_=UNet": "model: 'UNet' is no dotted name of a class: package.module.Class",
    "train loss._target_=torch.nn.Sigmoid ~loss.alpha ~loss.beta ~loss.smooth ~loss.reduction ~loss.empty": (
        "loss: torch.nn.Sigmoid fails: .*; a loss must make one number"
    ),
    "train optimizer._target_=torch.optim.Adam": "drop with ~optimizer.momentum",
    "train optimizer.momentum=-1": "optimizer: Invalid momentum value: -1",
    "train callbacks.checkpoint.monitor=null": "must name a logged number, such as val/loss",
}


@pytest.mark.parametrize("line", BEFORE_CASES)
def test_answered_before_any_case_is_prepared(line, refused, tmp_path):
    if "trainer=gpu" in line:
        torch = pytest.importorskip("torch")
        if torch.cuda.is_available():
            pytest.skip("there is a GPU")
    words = shlex.split(line)
    only = refused(*words, *([] if "logger" in line else ["logger=none"]))
    assert re.search(BEFORE_CASES[line], only), only
    assert not (tmp_path / "outputs" / "phantom").exists()
    assert not list(tmp_path.rglob("status.json"))
