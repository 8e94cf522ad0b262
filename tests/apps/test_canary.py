"""A path planted in every setting that takes one stands in no file below outputs/."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from lungseg.cli import main
from lungseg.privacy import PATHS
from tests.apps.planted import FOLDERS, REFUSED, SEARCH, SETTINGS, SWEPT, quoted, written

# Letters that any way of writing a path leaves together, so that none has to be known here.
MARKS = (b"Quasimodo", b"Esmeralda", b"Frollo")
NAME = (
    'Quasimodo\'s "Röntgen" [肺 CT] (2), A&B x=1 {y} ${z} #~!$ \\ '
    + "long enough to be folded " * 4
).rstrip()
MIDDLE = "Esmeralda é " + "and spaces, commas " * 4 + "Frollo"
# W&B comes with lungseg, the others with extras.
TRACKERS = ["wandb", *filter(find_spec, ("mlflow", "tensorboard"))]
TINY = ("trainer.max_epochs=1", "model.base_channels=2", "model.depth=1", "report=false")
SMALL = ("data.size=32", "data.n_slices=12", "data.n_cases=12")


@pytest.fixture
def place(three_cases, tmp_path, monkeypatch):
    """A path of 300 characters with three cases, in the folder where commands are run."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / NAME / MIDDLE / ("x" * 40)
    assert len(str(folder)) > 300
    folder.parent.mkdir(parents=True)
    shutil.move(three_cases, folder)
    (folder / "conf" / "model").mkdir(parents=True)
    handlers = logging.getLogger().handlers[:]
    yield folder
    logging.getLogger().handlers[:] = handlers
    if "wandb" in sys.modules:  # its service works on in the folder of this test
        import wandb

        wandb.teardown()


def leaks(folder=Path("outputs"), *, begun=True):
    """Files below a folder with a mark in their bytes, in their name or in a member of them."""
    assert not begun or any(folder.rglob("*.log"))  # otherwise there is nothing to search
    return [
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file()
        and any(mark in content for mark in MARKS for content in contents(file, folder))
    ]


def contents(file, folder):
    yield os.fsencode(file.relative_to(folder))
    yield file.read_bytes()
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            yield from (archive.read(member) for member in archive.namelist())


def test_every_setting_is_planted():
    assert {setting for _, setting in SETTINGS} == set(PATHS)


@pytest.mark.slow
@pytest.mark.parametrize("sweep", [False, True], ids=["one", "sweep"])
@pytest.mark.parametrize(("words", "key"), SETTINGS, ids=[key for _, key in SETTINGS])
def test_planted_in_one_setting(words, key, sweep, place, monkeypatch):
    """Interrupted, so that each is quick: what Hydra and the shell write is there by then."""
    if key == "hydra.sweeper.storage" and not sweep:
        pytest.skip("is read by a search only")
    command = words.partition(" ")[0]
    reached = []

    def stop(*arguments, **settings):
        reached.append(True)
        raise KeyboardInterrupt

    monkeypatch.setattr(f"lungseg.apps.{command}.run", stop)
    index = [one for _, one in SETTINGS].index(key)
    for number, word in enumerate(written(key, place, sweep)):
        # A sweep composes five times: each way of writing takes one of the two there, in turn.
        kinds = ("there", "new")
        for kind in kinds[(index + number) % 2 :][:1] if sweep else kinds:
            path = place if kind == "there" else place / f"new {number}"
            if key in FOLDERS:
                path = Path(f"{place}".replace("${z}", "z"), f"{kind} {number}.journal")
            typed = word.replace(quoted(place)[1:-1], quoted(path)[1:-1])
            again = f"data.name=choice({quoted(path)},1)"
            two = again if "data." in word and key not in REFUSED else SWEPT[command]
            jobs = [*["-m"] * sweep, *[two] * (sweep and words != SEARCH)]
            reached.clear()
            main([*words.replace("=a ", f"={kind}{number} ").split(), typed, *jobs])
            assert bool(reached) == (key not in REFUSED), typed
            if key not in ("outputs", f"hydra.{'sweep' if sweep else 'run'}.dir"):
                assert leaks() == [], typed
            if key in FOLDERS and path.is_dir():
                assert leaks(path) == [], typed


@pytest.mark.parametrize("sweep", [[], ["-m"]], ids=["one", "sweep"])
def test_without_our_callback_hydra_s_own_files_are_redacted(sweep, place, monkeypatch):
    monkeypatch.setattr("lungseg.apps.prepare.run", lambda *_: None)
    root = f"data.root={quoted(place)}"
    assert main(["prepare", "data=lctsc", root, "~hydra.callbacks.folders", *sweep]) == 0
    assert any(Path("outputs").rglob("overrides.yaml"))
    assert leaks() == []


@pytest.mark.parametrize("sweep", [[], ["-m", "data.name=a,b"]], ids=["one", "sweep"])
def test_terminated(sweep, place, monkeypatch):
    """As by a batch system: nothing is left as Hydra and launchers wrote it."""

    def wait(config, run_dir):
        if sweep:
            pickled = run_dir.parent / ".submitit" / "1.pkl"
            pickled.parent.mkdir()
            pickled.write_text(str(config.data.root))
            (run_dir.parent / "multirun.yaml").write_text(f"data: {{root: {quoted(place)}}}")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    monkeypatch.setattr("lungseg.apps.prepare.run", wait)
    before = signal.getsignal(signal.SIGTERM)
    assert main(["prepare", "data=lctsc", f"data.root={quoted(place)}", *sweep]) == 143
    assert signal.getsignal(signal.SIGTERM) == before
    assert leaks() == []


COMMANDS = {
    "prepare": ["prepare", "data=lctsc", "data.root={place}", "data.store={new}",
                "data.export_npz={place}/npz"],
    "prepare with a list": ["prepare", "data=tcia", "data.root={place}/Images", "data.cases=number",
                            "data.numbers={place}/numbers", "data.masks=none"],
    "train, split by a file that is missing": [
        "train", "data=lctsc", "data.root={place}", "split=file", "split.file={new}", *TINY],
    "train, sites from a file that is missing": [
        "train", "data=lctsc", "data.root={place}", "split=loso", "split.table={new}", *TINY],
    "train, resumed from a file that is missing": [
        "train", *SMALL, *TINY, "ckpt_path={new}", "logger=none"],
    "evaluate a run that is missing": ["evaluate", "run={new}"],
    "evaluate a checkpoint that is missing": ["evaluate", "data=phantom", "ckpt={place}/a.ckpt"],
    "export what is missing": [
        "export", "run={new}", "output={place}/a.onnx", "store={place}/store"],
    "deidentify": ["deidentify", "input={place}/Images", "output={new}", "key={place}/key"],
    "deidentify into a folder that is not empty": [
        "deidentify", "input={place}/Images", "output={place}", "key={new}"],
    "compare what is missing": ["compare", "runs=[{new},{place}]", "output={place}/out"],
    "a user's folder": ["prepare", "--config-dir", "{raw}/conf", "data=lctsc", "data.root={new}"],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("sweep", [False, True], ids=["one", "sweep"])
@pytest.mark.parametrize("what", COMMANDS)
def test_commands(what, sweep, place):
    def planted(word):
        if "{raw}" in word:
            return word.format(raw=place)
        for name, path in {"place": place, "new": place / "new"}.items():
            if "{" + name in word:
                start, _, end = word.partition("{" + name + "}")
                listed = end[:1] == "," or end[:1] == "]"
                word = start + quoted(f"{path}{'' if listed else end}") + (end if listed else "")
        return word

    words = COMMANDS[what]
    main([*map(planted, words), *["-m", SWEPT[words[0]]][: 2 * sweep]])
    assert leaks() == []


@pytest.mark.slow
def test_a_training_and_what_comes_after_it(place):
    """Files of trackers and checkpoints are searched too. A checkpoint has to name the store."""
    root = f"data.root={quoted(place)}"
    words = ["data=lctsc", root, "split=explicit", "split.test=[Case_002]", *TINY[:-1]]
    words += [f"logger=[{','.join(TRACKERS)}]"]
    assert main(["train", *words, "hydra.run.dir=outputs/first"]) == 0
    assert main(["evaluate", "run=outputs/first", "report=false"]) == 0
    assert leaks() == []
    store = f"data.store={quoted(place / 'store')}"
    assert main(["train", *words, store, "hydra.run.dir=outputs/second"]) == 0
    (place / "store").rename(place / "moved")
    moved = f"store={quoted(place / 'moved')}"
    assert main(["evaluate", "run=outputs/second", "report=false", moved]) == 0
    ckpt = "outputs/first/checkpoints/last.ckpt"
    assert main(["evaluate", f"ckpt={ckpt}", *words[:2], "report=false", "-m"]) == 0
    assert main(["train", *words, f"ckpt_path={ckpt}", "trainer.max_epochs=2"]) == 0
    exported = ["export", "run=outputs/second", "output=outputs/a.onnx", moved]
    assert main([*exported, "precision=int8"]) == 0
    assert main([*exported, f"output={quoted(place / 'a.onnx')}"]) == 0
    both = "runs=[outputs/first,outputs/second]"
    assert main(["compare", both, f"output={quoted(place / 'c')}"]) == 0
    shutil.rmtree(place / "moved")
    assert main(exported) == 1
    assert main(["evaluate", "run=outputs/second", moved]) == 1
    assert set(leaks()) == {"second/checkpoints/last.ckpt"}


@pytest.mark.slow
@pytest.mark.parametrize("sweep", [[], ["-m", "seed=1,2"]], ids=["one", "sweep"])
def test_a_callback_that_knows_the_source_and_fails(sweep, place, monkeypatch):
    """Its settings are recorded, and what it raises; trackers record both."""
    (Path.cwd() / "canary.py").write_text(
        "from pytorch_lightning import Callback\n"
        "class Failing(Callback):\n"
        "    def __init__(self, folder): self.folder = folder\n"
        "    def on_train_end(self, *_): raise RuntimeError(f'cannot open {self.folder}/a')\n"
    )
    monkeypatch.syspath_prepend(Path.cwd())
    words = ["data=lctsc", f"data.root={quoted(place)}", "split=explicit", "split.test=[Case_002]"]
    mine = "+callbacks.mine={_target_: canary.Failing, folder: '${data.root}/masks'}"
    logger = f"logger=[{','.join(TRACKERS)}]"
    assert main(["train", *words, *TINY, mine, logger, *sweep]) == 1
    assert any(Path("outputs").rglob("last.ckpt"))
    statuses = [file.read_text() for file in Path("outputs").rglob("status.json")]
    assert len(statuses) == (2 if sweep else 1)
    assert all("RuntimeError: cannot open (not recorded)" in status for status in statuses)
    assert leaks() == []


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_jobs_in_other_processes(launcher, place, cli):
    """What they print is kept in files, and so are their configurations."""
    pytest.importorskip(f"hydra_plugins.hydra_{launcher.partition('_')[0]}_launcher")
    words = ["prepare", "-m", f"hydra/launcher={launcher}", "data=lctsc", "+x=1,2"]
    cli(*words, f"data.root={quoted(place)}", f"data.store={quoted(place / 'store')}")
    cli(*words, f"data.root={quoted(place / 'missing')}")
    assert leaks() == []


@pytest.mark.slow
@pytest.mark.parametrize("sweep", [[], ["-m", "seed=1,2"]], ids=["one", "sweep"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "terminated"]
)
def test_stopped(number, code, sweep, place, tmp_path):
    """As a user or a batch system does, at any moment: in composing, preparing, training.

    Four moments before training, of which each case takes two.
    """
    words = ["train", "data=lctsc", f"data.root={quoted(place)}", "split=explicit", *sweep]
    words += ["split.test=[Case_002]", "trainer.max_epochs=1000", "report=false"]
    early = (0.7, 2) if bool(sweep) == (number == signal.SIGINT) else (1.2, 4)
    for seconds in (*early, None):
        process = subprocess.Popen([sys.executable, "-m", "lungseg", *words], cwd=tmp_path)
        if seconds is None:
            while not any((tmp_path / "outputs").rglob("last.ckpt")):
                assert process.poll() is None
                time.sleep(0.1)
        else:
            time.sleep(seconds)
        process.send_signal(number)
        stopped = process.wait(60)
        training = seconds is None  # compiled modules of others may lose a Ctrl-C while they load
        assert stopped == code if training else stopped != 0
        assert leaks(begun=training) == []
