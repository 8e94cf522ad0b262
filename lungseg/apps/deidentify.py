"""``lungseg deidentify``: copies of DICOM files without the patient's identity."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from omegaconf import DictConfig

from lungseg.dicom.deidentify.dataset import DeidentifyOptions
from lungseg.dicom.deidentify.pseudonyms import Pseudonyms, read_or_make_key
from lungseg.dicom.deidentify.tree import AUDIT, Account, check_folders, deidentify_tree
from lungseg.errors import ConfigError, DataError
from lungseg.files import short
from lungseg.sources.lungs import LungNames, Side, pick

# Several structures may form one lung: each gets a unique name that still gives the side.
CANONICAL: dict[Side, tuple[str, ...]] = {
    "left": ("Lung_L", "L_Lung", "Lung_Left", "Left_Lung"),
    "right": ("Lung_R", "R_Lung", "Lung_Right", "Right_Lung"),
    "both": ("Lungs", "Lung", "Both_Lungs", "Whole_Lungs"),
}
SHOWN = 10


def run(config: DictConfig, run_dir: Path) -> None:
    """Copy files, and report which were copied and which were not."""
    from lungseg.report.screen import track

    retain = config.retain_patient_characteristics
    if not isinstance(retain, bool):  # any word would count as true
        raise ConfigError(f"retain_patient_characteristics={retain}: must be true or false")
    source, output = Path(config.input), Path(config.output)
    check_folders(source, output)
    lungs = LungNames.of(config.lungs)
    options = DeidentifyOptions(
        pseudonyms=Pseudonyms(_key(config.key, output)),
        rename=lambda names: new_names(names, lungs),
        retain_patient_characteristics=retain,
    )
    account = deidentify_tree(source, output, options, lambda files: track(files, "De-identifying"))
    _report(account, output)
    if account.damaged:
        for file, damage in account.damaged[:SHOWN]:
            print(f"damaged: {file}: {damage}", file=sys.stderr)
        raise DataError(f"{len(account.damaged)} damaged file(s) left out; the others are copied")


def new_names(names: Sequence[str], lungs: LungNames) -> Mapping[str, str]:
    """The canonical name of each structure whose name is that of a lung."""
    try:
        picked = pick(dict.fromkeys(names), lungs)
    except DataError:
        return {}  # no lung, or one that matches two sides: all names are replaced
    free = {side: iter(texts) for side, texts in CANONICAL.items()}
    renamed = {name: next(free[side], None) for name, side in picked.items()}
    return {name: new for name, new in renamed.items() if new is not None}


def _key(file: str | None, output: Path) -> bytes:
    if file is None:
        print(
            "No key=FILE: a key was created for this run only. Other scans of these patients will"
            " get other pseudonyms."
        )
        return secrets.token_bytes(32)
    path = Path(file)
    if output.resolve() in path.resolve().parents:
        raise ConfigError("key: must not be inside output: it leads back to the patients", path)
    key, made = read_or_make_key(path)
    if not made:
        print("The key in the file given was used.")
    else:
        print("A new key was created in the given file. Keep it safe and secret: the same key")
        print("gives the same pseudonyms, and whoever has it can test a guessed PatientID.")
    return key


def _report(account: Account, output: Path) -> None:
    kinds: dict[str, int] = {}
    for (_, kind), count in account.files.items():
        kinds[kind] = kinds.get(kind, 0) + count
    copied = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    print(f"{short(output)}: {copied}; {len(account.patients)} patient(s)")
    for reason, count in account.left_out.items():
        print(f"left out: {count} ({reason})")
    print(f"what was done to each attribute: {short(output / AUDIT)}")
