"""What identifies is kept out of records, and nothing else is."""

import logging
from pathlib import Path

import hydra
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from lungseg.config import conf_dir, register_resolvers
from lungseg.overrides import quoted_overrides
from lungseg.privacy import HIDDEN, PATHS, SERIES_KEYS, identifies
from lungseg.redacted_logs import RedactedLog, redact_logs
from lungseg.redaction import Redactor, hide_source, recorded

PATH = '/scans/Frollo\'s "R\u00f6ntgen" [\u80ba] (2), x'


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("data.root", "/scans", True),
        ("data.root", ["/scans"], True),
        ("data.root", 2024, True),
        ("data.root", None, False),
        ("data.root", "???", False),
        ("data.source.root", "${data.root}", False),
        ("data.root", "${oc.env:SCANS}", False),
        ("data.root", "${oc.env:SCANS}/Frollo", True),
        ("data.series", "largest", False),
        ("data.series", "1.2.840.10008.5", True),
        ("data.name", "lctsc", False),
        ("root", "/scans", False),
        ("ckpt", "outputs/a/checkpoints/last.ckpt", False),
        ("ckpt", "/scans/Frollo/last.ckpt", True),
        ("ckpt", "outputs/../Frollo/last.ckpt", True),
        ("runs", ["outputs/a", "Frollo/b"], True),
        ("hydra.run.dir", "${outputs}/a", False),
        ("data.store", "s3://bucket/store", False),
        ("hydra.searchpath", ["file:///Frollo"], True),
    ],
)
def test_which_settings_identify(key, value, expected):
    assert identifies(key, value) is expected


@pytest.mark.parametrize(
    "command",
    [
        *("prepare", "preview", "train", "evaluate", "export", "deidentify", "compare", "pool"),
        *("plan", "paper"),
    ],
)
def test_folders_named_by_overrides_leave_out_all_that_may_identify(command):
    register_resolvers()
    words = ["++data.root=/scans/Frollo", "++data.series=1.2.840.1", "++seed=1"]
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        job = hydra.compose(command, words, return_hydra_config=True).hydra.job
    assert set(job.config.override_dirname.exclude_keys) == {*PATHS, *SERIES_KEYS}
    assert job.override_dirname == "++seed=1"


# Each holds the path as some program writes it. What is left is worked out by hand.
STRINGS = {
    PATH: HIDDEN,
    f"see {PATH}/Case_1": f"see {HIDDEN}",
    f"data.root={PATH}": f"data.root={HIDDEN}",
    quoted_overrides([f"+data.root={PATH}"])[0]: f"+data.root={HIDDEN}",
    f"+x={{root: {quoted_overrides([f'key={PATH}'])[0][4:]}, n: 1}}": f'+x={{root: "{HIDDEN}", n: 1}}',
    f"+data={{root: {quoted_overrides([f'key={PATH}'])[0][4:]}}}": f"+data={HIDDEN}",
    f"[{PATH!r}, 1]": f"['{HIDDEN}', 1]",
    ascii([PATH]): f"['{HIDDEN}']",
    "data.series=1.2.840.10008.5": f"data.series={HIDDEN}",
    "data.series=largest": "data.series=largest",
    "postgresql://me:pw@host/db": f"postgresql://{HIDDEN}@host/db",
    "loss.alpha=0.5": "loss.alpha=0.5",
    "/scans/others": "/scans/others",
}  # fmt: skip


@pytest.mark.parametrize("text", STRINGS)
def test_strings(text):
    assert Redactor([PATH]).string(text) == STRINGS[text]


def test_words_that_happen_to_be_a_folder_s_name_stay():
    redactor = Redactor(["cases", "3", "data"])
    kept = ("12 cases in data, 3 of them", "data.batch_size=3", "data=cases", "see_data.root=3x")
    for text in kept:
        assert redactor.string(text) == redactor.message(text) == text
    text = "a=3,data.root=3,data=cases,input=cases,b=3"
    assert redactor.string(text) == f"a=3,data.root={HIDDEN},data=cases,input={HIDDEN},b=3"
    choices = {"hydra": {"runtime": {"choices": {"data": "cases"}}}, "note": "cases"}
    assert redactor.data(choices) == choices | {"note": HIDDEN}
    assert redactor.message("no such file: 'cases/Frollo'") == f"no such file: '{HIDDEN}"
    assert redactor.message("no such file: cases/Frollo") == f"no such file: {HIDDEN}"


@given(st.text(st.characters(exclude_characters="\0\n", exclude_categories=("Cs",)), min_size=3))
@settings(max_examples=50, deadline=None)
def test_yaml_files_keep_everything_else(tmp_path_factory, name):
    """Whatever the path: files read as before, but for the path."""
    folder = tmp_path_factory.mktemp("run")
    root = f"/scans/Quasimodo/{name}"
    other = {"a": "1e3", "b": 1e-3, "c": None, "d": "x " * 100, "e": "${a}", "f": [True, "true"]}
    config = OmegaConf.create({"data": {"root": root.replace("${", "\\${")}, "other": other})
    (folder / "config.yaml").write_text(OmegaConf.to_yaml(config), "utf-8")
    words = quoted_overrides([f"data.root={root}"])
    # OmegaConf would try to resolve what looks like ${…} in a name.
    text = yaml.safe_dump([*words, "loss.alpha=0.5"], allow_unicode=True)
    (folder / "overrides.yaml").write_text(text, "utf-8")
    hide_source(config, folder)
    kept = OmegaConf.to_container(OmegaConf.load(folder / "config.yaml"))
    assert kept == {"data": {"root": HIDDEN}, "other": other}
    assert list(OmegaConf.load(folder / "overrides.yaml")) == [
        f"data.root={HIDDEN}",
        "loss.alpha=0.5",
    ]
    lines = (folder / "config.yaml").read_text("utf-8").splitlines()
    assert f"  d: '{'x ' * 100}'" in lines  # not folded
    assert "Quasimodo" not in "".join(lines)


def test_files_without_anything_to_hide_are_not_written(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("a:   1 # mine\n")
    hide_source(OmegaConf.create({"data": {"root": "/scans"}}), tmp_path)
    assert file.read_text() == "a:   1 # mine\n"


def test_a_source_that_is_swept_over_is_hidden(tmp_path):
    """The sweep's own configuration has no root: it stands in the overrides alone."""
    config = OmegaConf.create({"data": {"root": "???", "source": {"root": "${data.root}"}}})
    content = {
        "hydra": {"overrides": {"task": ['data.root="/scans/A b",/scans/B'], "x": "/scans/B/1"}}
    }
    (tmp_path / "multirun.yaml").write_text(yaml.safe_dump(content))
    hide_source(config, tmp_path)
    kept = yaml.safe_load((tmp_path / "multirun.yaml").read_text())
    assert kept["hydra"]["overrides"] == {"task": [f"data.root={HIDDEN}"], "x": HIDDEN}


@pytest.mark.parametrize(
    "sweeper",
    [
        {"params": {"data.root": "/scans/A b,/scans/B", "loss.alpha": "0.1,0.3"}},
        {"params": {"+data.root": "choice(/scans/A b,/scans/B)", "loss.alpha": "0.1,0.3"}},
        {"params": {"data.store": "outputs/a,/scans/A b,/scans/B", "loss.alpha": "0.1,0.3"}},
        {"params": {"+data": "{root: /scans/A b},{root: /scans/B}", "loss.alpha": "0.1,0.3"}},
        {"space": {"data": {"root": {"choices": ["/scans/A b", "/scans/B"]}}, "loss.alpha": 1}},
    ],
)
def test_what_a_sweeper_s_settings_name_is_hidden(sweeper, tmp_path):
    """They are those of all jobs, and stand in the files of each."""
    task = ["data.root=/scans/A b", "loss.alpha=0.1"]
    content = {"sweeper": sweeper, "overrides": {"task": task}, "job": {"name": "/scans/B/1"}}
    (tmp_path / "hydra.yaml").write_text(yaml.safe_dump({"hydra": content}))
    hide_source(OmegaConf.create({"data": {"root": "/scans/A b"}}), tmp_path)
    text = (tmp_path / "hydra.yaml").read_text()
    assert "scans" not in text
    kept = yaml.safe_load(text)["hydra"]
    assert kept["job"]["name"] == HIDDEN
    for words in sweeper.values():
        assert kept["sweeper"][next(iter(sweeper))]["loss.alpha"] == words["loss.alpha"]


def test_recorded_configuration():
    config = OmegaConf.create(
        {"data": {"root": PATH, "source": {"root": "${data.root}", "series": "1.2.3.4.5"}}, "n": 1}
    )
    assert recorded(config) == {
        "data": {"root": HIDDEN, "source": {"root": HIDDEN, "series": HIDDEN}},
        "n": 1,
    }


def test_recorded_settings_that_refer_to_the_source():
    config = OmegaConf.create(
        {
            "data": {"root": PATH, "source": {"extra": "${data.root}/masks"}},
            "callbacks": {"mine": {"folder": "${data.root}", "files": ["${data.root}/a", "b"]}},
        }
    )
    assert recorded(config) == {
        "data": {"root": HIDDEN, "source": {"extra": HIDDEN}},
        "callbacks": {"mine": {"folder": HIDDEN, "files": [HIDDEN, "b"]}},
    }


@pytest.fixture
def logged(tmp_path):
    """A log file, and what stands in it."""
    file = tmp_path / "run.log"
    log = logging.getLogger("tests.privacy")
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    log.addHandler(handler)
    log.propagate = False
    redact_logs(Redactor(["/scans/Frollo"]))
    yield log, file
    log.removeHandler(handler)
    handler.close()


def test_a_traceback_names_no_file(logged):
    log, file = logged
    try:
        try:
            Path("/elsewhere/Esm\u00e9ralda's/1.dcm").read_bytes()
        except OSError as error:
            raise ValueError("at /scans/Frollo/Phoebus it's (1).dcm") from error
    except ValueError:
        log.exception("in /scans/Frollo: stopped")
    text = file.read_text("utf-8")
    assert text.startswith(f"ERROR in {HIDDEN}\nTraceback")
    assert "FileNotFoundError: [Errno 2] No such file or directory" in text
    assert f"ValueError: at {HIDDEN}\n" in text
    assert not [name for name in ("Frollo", "Esm", "ralda", "Phoebus") if name in text]


def test_the_screen_is_left_as_it_is(logged, capsys):
    log, _ = logged
    handler = logging.StreamHandler()
    log.addHandler(handler)
    redact_logs(Redactor(["/scans/Frollo"]))
    assert not isinstance(handler.formatter, RedactedLog)
    log.removeHandler(handler)
