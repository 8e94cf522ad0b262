"""A source's paths, however they are spelt, stand in no file that a command leaves."""

import os
import shutil

import pytest
from hydra.core.override_parser.types import Quote, QuotedString

# Letters that any way of writing a path leaves together, so that none has to be known here.
MARKS = ("Quasimodo", "Esmeralda", "Frollo", "Gringoire", "Phoebus")
NAME = (
    'Quasimodo\'s "Röntgen" [肺 CT] (2), A&B x=1 {y} #~!$ \\ ' + "long enough to be folded " * 4
).rstrip()
MIDDLE = "Esmeralda é " + "and spaces, commas " * 4 + "Frollo"


@pytest.fixture
def source(three_cases, tmp_path):
    """The cohort below a path of 300 characters."""
    folder = tmp_path / NAME / MIDDLE / ("Gringoire: " + "x" * 40)
    assert len(str(folder)) > 300
    folder.parent.mkdir(parents=True)
    shutil.move(three_cases, folder)
    return folder


@pytest.fixture
def left(tmp_path):
    """Files below outputs, and the marks in each of them and in its name."""

    def find():
        outputs = tmp_path / "outputs"
        files = [path for path in outputs.rglob("*") if path.is_file()]
        assert any(path.suffix == ".log" for path in files)
        found = {}
        for path in files:
            content = path.read_bytes() + os.fsencode(path.relative_to(outputs))
            marks = [mark for mark in MARKS if mark.encode() in content]
            if marks:
                found[str(path.relative_to(outputs))] = marks
        return files, found

    return find


@pytest.mark.parametrize("sweep", [(), ("-m",)], ids=["one", "sweep"])
def test_prepare(sweep, source, cli, left):
    done = cli("prepare", *sweep, "data=lctsc", f"data.root={source}")
    assert done.returncode == 0, done.stderr
    files, found = left()
    assert {"config.yaml", "hydra.yaml", "overrides.yaml"} <= {path.name for path in files}
    assert found == {}


def unreadable(source):
    """Its error is the system's, and names the file."""
    file = sorted((source / "Images" / "Case_001").iterdir())[1]
    file.unlink()
    file.symlink_to(source / "Phoebus.dcm")


def no_mask(source):
    (source / "Segmentations" / "Case_001_seg.npz").unlink()


@pytest.mark.parametrize("sweep", [(), ("-m",)], ids=["one", "sweep"])
@pytest.mark.parametrize("damage", [unreadable, no_mask, shutil.rmtree])
def test_prepare_fails(damage, sweep, source, cli, left):
    damage(source)
    done = cli("prepare", *sweep, "data=lctsc", f"data.root={source}")
    assert done.returncode != 0
    assert left()[1] == {}


@pytest.mark.parametrize("sweep", [(), ("-m",)], ids=["one", "sweep"])
def test_an_error_of_the_system_that_nobody_expected(sweep, source, cli, left):
    """Its traceback goes into the log, and names the file."""
    (source / "Phoebus").touch()
    export = f"data.export_npz={in_quotes(source / 'Phoebus' / 'Esmeralda')}"
    done = cli("prepare", *sweep, "data=lctsc", f"data.root={source}", export)
    assert done.returncode != 0
    files, found = left()
    (log,) = (path.read_text("utf-8") for path in files if path.name == "prepare.log")
    assert "NotADirectoryError: [Errno 20] Not a directory" in log
    assert found == {}


@pytest.mark.parametrize(
    "sweep", [(), pytest.param(("-m", "seed=1,2"), marks=pytest.mark.slow)], ids=["one", "sweep"]
)
def test_train_is_refused(sweep, source, cli, left):
    arguments = ("data=lctsc", f"data.root={source}", "split=explicit", "split.test=[Case_099]")
    done = cli("train", *sweep, *arguments, "logger=none")
    assert done.returncode != 0
    assert "no case 'Case_099'" in done.stdout + done.stderr
    files, found = left()
    assert ("multirun.yaml" in {path.name for path in files}) == bool(sweep)
    assert found == {}


def test_a_sweep_over_sources(source, cli, left, tmp_path):
    """Each job's files must not hold what the other jobs read, either."""
    other = tmp_path / "Phoebus (2)"
    shutil.copytree(source, other)
    (other / "Segmentations" / "Case_001_seg.npz").unlink()
    done = cli("prepare", "-m", "data=lctsc", f"data.root={in_quotes(source)},{other}")
    assert done.stdout.count("to look at:") == 1, done.stderr
    assert "job 1 failed: data.root: Case_001: no mask" in done.stdout
    assert "1 of 2 jobs failed" in done.stderr
    assert left()[1] == {}


@pytest.mark.parametrize("key", ["key.txt", "nowhere/key.txt", "."])
@pytest.mark.parametrize("sweep", [(), ("-m",)], ids=["one", "sweep"])
def test_deidentify(sweep, key, source, cli, left):
    keys, output = source / "Phoebus [keys]", source.parent / "Phoebus out, (1)"
    keys.mkdir()
    paths = {"input": source / "Images", "output": output, "key": keys / key}
    done = cli("deidentify", *sweep, *(f"{name}={in_quotes(path)}" for name, path in paths.items()))
    assert output.is_dir() == (key == "key.txt"), done.stderr
    assert left()[1] == {}


def in_quotes(path):
    """For a path that has commas and is not there yet, under -m."""
    return QuotedString(str(path), Quote.double).with_quotes()


def test_settings_that_repeat_a_path_of_the_source(source, cli, left):
    """In a longer text, and in settings that are refused: in a list and in a dictionary."""
    again = in_quotes(source / "Images")
    sets = ("prepare", "data=lctsc", f"data.root={source}")
    done = cli(*sets, f"data.name={in_quotes(f'see {source}/Images')}", "data.store=outputs/store")
    assert done.returncode == 0, done.stderr
    for unread in (f"+paths=[{again},x]", f"+some={{path: {again}, x: 1}}"):
        done = cli(*sets, unread)
        assert "nothing reads this setting" in done.stderr
    assert left()[1] == {}
