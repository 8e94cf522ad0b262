"""What goes wrong on a command line, in one line."""

import re

import pytest

from lungseg.cli import main

LINES = {
    "typing error": (["train", "loss.alpa=1"], "loss.alpa: no such setting; did you mean loss.alpha?"),
    "with a user's folder": (
        ["train", "--config-dir", "mine", "model=foo", "loss.alpa=1"],
        "loss.alpa: no such setting; did you mean loss.alpha?",
    ),
    "in a user's option": (
        ["train", "--config-dir=mine", "model=foo", "model.widht=1"],
        "model.widht: no such setting; did you mean model.width?",
    ),
    "with a user's folder in the middle": (
        ["train", "seed=1", "--config-dir", "mine", "model=fooo"],
        "model=fooo: no such option; there are foo, .*monai_unet, unet, unet_deep, unet_small",
    ),
    "a user's folder that is missing": (
        ["train", "--config-dir=nowhere"],
        r"--config-dir: no such folder \[.*nowhere\]",
    ),
    "in the name of a user's option": (
        ["train", "-cd", "mine", "model=fooo"],
        "model=fooo: no such option; there are foo, .*monai_unet, unet, unet_deep, unet_small",
    ),
    "a comma at the end": (
        ["train", "seed=1,"],
        "seed=1,: nothing stands on one side of a comma; leave that comma out",
    ),
    "a space behind a comma": (
        ["train", "-m", "loss.alpha=0.2,", "0.5,", "seed=1"],
        "loss.alpha=0.2,: a space ends it here; write loss.alpha=0.2,0.5, without spaces",
    ),
    "a space behind one of two commas": (
        ["train", "-m", "loss.alpha=0.2,", "0.5", "0.7"],
        "loss.alpha=0.2,: a space ends it here; write loss.alpha=0.2,0.5, without spaces",
    ),
    "a comma before a flag": (["train", "seed=1,", "-m"], "seed=1,: nothing stands on one side of"),
    "a comma before nothing": (["train", "seed=1,", ""], "seed=1,: nothing stands on one side of"),
    "several values of a list": (
        ["predict", "formats=nifti,dicom-seg"],
        r"formats=nifti,dicom-seg: several values; write formats=\[nifti,dicom-seg\] for a list",
    ),
    "a value that the shell has split": (
        ["prepare", "data=slices2d", "data.hu_from={slope:", "1,", "intercept:", "-1024}", "x=1"],
        "data.hu_from={slope:: the shell has split this value at its spaces; quote the whole:"
        " 'data.hu_from={slope: 1, intercept: -1024}'$",
    ),
    "a setting with dashes": (
        ["train", "seed=1", "--loss.alpha=0.5"],
        "--loss.alpha=0.5: no such flag; settings have no dashes: loss.alpha=0.5$",
    ),
    "a flag with a slip": (["train", "--hlep"], "--hlep: no such flag; did you mean --help[?]$"),
    "spaces around an equals sign": (
        ["train", "experiment", "=", "quick"],
        "=: stands between a setting and its value without spaces: seed=1$",
    ),
    "a setting with dashes and a space": (
        ["predict", "--model", "my run", "input=a"],
        "--model: no such flag; settings have no dashes: 'model=my run'$",
    ),
    "a setting without its group": (["train", "lr=1"], "lr: .* did you mean optimizer.lr[?]$"),
    "a word for it of other programs": (
        ["train", "epochs=3"],
        "epochs: no such setting; did you mean trainer.max_epochs[?]$",
    ),
    "a flag with a setting behind it": (
        ["train", "--verbose", "seed=1"],
        "--verbose: no such flag; --hydra-help lists them$",
    ),
    "a flag of another program": (
        ["train", "--verbose"],
        "--verbose: no such flag; --hydra-help lists them$",
    ),
    "a setting that is a flag of Hydra too": (
        ["evaluate", "--run=outputs/a"],
        "--run: takes no value; settings have no dashes: run=outputs/a$",
    ),
    "a flag without its value": (["train", "--config-dir"], "argument --config-dir"),
    "two commas": (["train", "-m", "seed=1,,2"], "seed=1,,2: nothing stands on one side of"),
    "a user's group": (
        ["train", "--config-dir=mine", "mygroup=a"],
        "mygroup: lungseg train has no such group; it has augment, data, experiment,",
    ),
    "group of another command": (
        ["prepare", "model=unet"],
        "model: lungseg prepare has no such group; it has data",
    ),
    "group of another command without a default": (
        ["evaluate", "logger=csv"],
        "logger: lungseg evaluate has no such group; it has data",
    ),
    "two errors": (
        ["train", "model=unett", "loss.alpa=1"],
        "model=unett: no such option; there are .*monai_unet, unet, unet_deep, unet_small",
    ),
    "shell variable in single quotes": (
        ["prepare", "data=lctsc", "data.root=${HOME}/scans"],
        r"data.root: \$\{HOME\}: no such setting; an environment variable is \$\{oc.env:NAME\}",
    ),
    "nothing like it": (["train", "zzzz=1"], "zzzz: no such setting; lungseg train --help"),
}  # fmt: skip


@pytest.mark.parametrize("what", LINES)
def test_one_line(what, tmp_path, monkeypatch, capfd):
    (tmp_path / "mine" / "model").mkdir(parents=True)
    (tmp_path / "mine" / "model" / "foo.yaml").write_text("width: 1\n")
    (tmp_path / "mine" / "mygroup").mkdir()
    (tmp_path / "mine" / "mygroup" / "a.yaml").write_text("width: 1\n")
    monkeypatch.chdir(tmp_path)
    arguments, expected = LINES[what]
    assert main(arguments) != 0
    out, err = capfd.readouterr()
    (line,) = err.strip().splitlines()
    assert re.match(f"lungseg {arguments[0]}: error: {expected}", line), line
    assert " (+" not in line
    assert "Traceback" not in out
