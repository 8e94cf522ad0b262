"""The `lungseg` command. Imports nothing heavy: help answers at once."""

from __future__ import annotations

import sys
from difflib import get_close_matches

from lungseg import __version__

COMMANDS = {
    "prepare": "read DICOM and masks, align, audit and store them",
    "preview": "picture what an augmentation does to slices",
    "train": "train a model, evaluate it, leave a run folder",
    "evaluate": "evaluate a run once more, a checkpoint on other data, or masks",
    "predict": "write the lungs in new scans as masks that viewers open",
    "export": "write a trained model as one file, or cases as a data set for nnU-Net",
    "compare": "tell which differences between runs are real",
    "pool": "make the folds of a cross-validation one result",
    "plan": "how many test patients an interval or a difference needs",
    "paper": "write tables, methods and checklists of runs for a paper",
    "deidentify": "copy DICOM files without what tells who the patient is",
}
WITHOUT_SETTINGS = {
    "doctor": "say what a bug report needs of this installation and machine",
}

HELP = """\
lungseg {version}: experiments in lung segmentation of CT

  lungseg <command> [group=option] [key=value] ...

{commands}

Try:
  lungseg train experiment=quick                          a synthetic cohort, a few minutes
  lungseg train data=lctsc data.root=DIR split=fraction   real scans
  lungseg preview augment=strong                          what augmentation does to slices
  lungseg train -m loss.alpha=0.3,0.6                     a sweep
  lungseg compare runs=outputs/multirun/DATE/TIME         what the sweep shows
  lungseg predict model=RUN input=SCANS output=MASKS      lungs in new scans
  lungseg <command> --help                                its groups and settings
"""


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        argv: Command and overrides; those of the process by default.
    """
    arguments = sys.argv[1:] if argv is None else argv
    known = COMMANDS | WITHOUT_SETTINGS
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        commands = "\n".join(f"  {name:<10} {text}" for name, text in known.items())
        print(HELP.format(version=__version__, commands=commands), end="")
        return 0
    if arguments[0] == "--version":
        print(f"lungseg {__version__}")
        return 0
    command, *overrides = arguments
    if "-sc" in arguments or "--shell_completion" in arguments:
        from lungseg.command.completion import complete

        return complete(overrides if command in COMMANDS else arguments, known)
    if command == "doctor":
        from lungseg.apps.doctor import main as doctor

        return doctor(overrides)
    if command not in COMMANDS:
        close = get_close_matches(command, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        print(f"lungseg: error: no command {command!r}; {hint}", file=sys.stderr)
        return 2
    from lungseg.command.launch import launch

    return launch(command, overrides)
