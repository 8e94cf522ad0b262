"""Every setting that takes a path, the command that reads it, and how it may be typed."""

from hydra.core.override_parser.types import Quote, QuotedString

# Settings with a command that reads them; each is planted by itself.
SEARCH = "train sweep=search hydra.sweeper.study_name=a loss.alpha=interval(0,1)"
SETTINGS = [
    *(("prepare data=lctsc", key) for key in ("data.root", "data.source.root")),
    ("prepare data=lctsc", "data.patient_key"),
    *(("prepare data=phantom", key) for key in ("data.store", "data.export_npz")),
    *(("prepare data=tcia", key) for key in ("data.numbers", "data.source.numbers")),
    ("train split=file", "split.file"),
    ("train split=loso", "split.table"),
    *(("train split=paper", key) for key in ("ckpt_path", "init", "data.second_reader")),
    (SEARCH, "hydra.sweeper.storage"),
    ("train split=paper", "hydra.searchpath"),
    *(("evaluate data=phantom", key) for key in ("run", "ckpt", "store", "split.table")),
    ("evaluate data=phantom", "predictions.path"),
    *(("predict tta=none", key) for key in ("models", "input", "output")),
    *(("deidentify lungs.left=[L]", key) for key in ("input", "output", "key")),
    ("preview augment=strong", "output"),
    *(("compare set=test", key) for key in ("runs", "output")),
    *(("pool report=false", key) for key in ("runs", "output")),
    *(("plan set=test", key) for key in ("runs", "output")),
    *(("paper", key) for key in ("runs", "output", "store")),
    *(("prepare data=lctsc", key) for key in ("outputs", "hydra.run.dir", "hydra.sweep.dir")),
]
# Hydra resolves a name of these folders again whenever another setting names it.
FOLDERS = ("outputs", "hydra.run.dir", "hydra.sweep.dir", "hydra.sweeper.storage")
REFUSED = ("data.source.numbers",)  # before the command is reached: data.numbers is there for it


SWEPT = {  # two jobs of each command
    "prepare": "data.skip_bad_cases=true,false",
    "preview": "n=1,2",
    "train": "seed=1,2",
    "evaluate": "metrics.threshold=0.4,0.5",
    "predict": "tta=none,flip",
    "export": "precision=fp32,int8",
    "deidentify": "retain_patient_characteristics=true,false",
    "compare": "metric=dsc,hd95_mm",
    "pool": "report=true,false",
    "plan": "width=0.02,0.04",
    "paper": "+stop_on_error=true,false",
}


def quoted(path):
    """As typed for a path that is not there yet."""
    text = str(path).replace("${", "\\${")
    return QuotedString(text, Quote.double).with_quotes()


def written(key, path, sweep):
    """Ways in which a setting's value is typed."""
    value = quoted(path)
    first, _, last = key.rpartition(".")
    if key == "hydra.searchpath":
        value = value.replace('"', '"file://', 1)
        yield f"{key}=[{value}]"
        yield f"+hydra={{searchpath: [{value}]}}"
        return
    yield f"{key}={value}"
    if key in ("runs", "models"):
        yield f"{key}=[{value},{quoted(path / 'b')}]"
    elif sweep and not key.startswith(("hydra", "outputs")):
        yield f"{key}=choice({value},{quoted(path / 'Frollo')})"
        yield f"{key}={value},{quoted(path / 'Frollo')}"
    if first and key != "hydra.sweeper.storage":
        yield f"+{first}={{{last}: {value}}}"
