"""``resume=RUN`` stands for the overrides of the run."""

import pytest
import torch
import yaml

from lungseg.command.resumed import with_overrides_of_run
from lungseg.errors import LungsegError

HIDDEN = "(not recorded)"  # as it stands in run folders since version 0.1.0


@pytest.fixture
def run(tmp_path):
    """A run folder with given overrides, and a store where its cases were prepared."""

    def make(*overrides, store=True):
        folder = tmp_path / "a run"
        (folder / ".hydra").mkdir(parents=True)
        (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(list(overrides)))
        (folder / "checkpoints").mkdir()
        record = {"config": {}, "split": {}, "cohort_sha256": "", "store": str(tmp_path / "store")}
        torch.save({"lungseg": record}, folder / "checkpoints" / "last.ckpt")
        (tmp_path / "store").mkdir()
        if store:
            (tmp_path / "store" / "cohort.json").touch()
        return folder

    return make


def here(folder):
    return [f"ckpt_path={folder}/checkpoints/last.ckpt", f"hydra.run.dir={folder}"]


def test_the_runs_overrides_come_first_and_typed_ones_replace_them(run):
    folder = run("model=unet", "+a.b=1", "loss.alpha=0.5", "ckpt_path=x", "seed=3")
    typed = [
        "trainer.max_epochs=20",
        f"resume={folder}",
        "--config-dir",
        "mine",
        "a.b=2",
        "model=c",
    ]
    assert with_overrides_of_run("train", typed) == [
        *("loss.alpha=0.5", "seed=3"),
        *("trainer.max_epochs=20", "--config-dir", "mine", "a.b=2", "model=c"),
        *here(folder),
    ]


def test_another_folder_may_be_typed(run):
    folder = run()
    words = with_overrides_of_run("train", [f"resume={folder}", "hydra.run.dir=new"])
    assert words == ["hydra.run.dir=new", here(folder)[0]]


def test_other_commands_and_lines_are_left_as_they_are():
    for command, words in (("train", ["seed=1", "-m"]), ("compare", ["resume=x"])):
        assert with_overrides_of_run(command, words) is words


def test_the_store_replaces_a_source_that_was_not_recorded(run, tmp_path):
    folder = run("data=lctsc", f"data.root={HIDDEN}", f"data.export_npz={HIDDEN}", "seed=1")
    words = with_overrides_of_run("train", [f"resume={folder}"])
    assert words == ["data=lctsc", "seed=1", f"data.store={tmp_path}/store", *here(folder)]
    for typed in ("data.root=there", "data.store=there"):
        words = with_overrides_of_run("train", [f"resume={folder}", typed])
        assert words == ["data=lctsc", "seed=1", typed, *here(folder)]


@pytest.mark.parametrize(
    ("recorded", "typed", "message"),
    [
        ([f"split.file={HIDDEN}", "data=lctsc", f"data.root={HIDDEN}"], [], "again: split.file=…"),
        ([f"outputs={HIDDEN}"], [], "again: outputs=…"),
        ([f"data={HIDDEN}"], [], "again: data=…"),
        (["sweep=bayes_alpha_beta", "loss.alpha=0.1"], [], "a trial of a search"),
        ([], ["ckpt_path=last.ckpt"], "leave one of the two out"),
        ([], ["-m", "seed=1,2"], "without -m"),
        ([], ["resume=another"], "give it once"),
    ],
)
def test_what_cannot_be_resumed_so(run, recorded, typed, message):
    with pytest.raises(LungsegError, match=message):
        with_overrides_of_run("train", [f"resume={run(*recorded)}", *typed])


def test_the_source_has_to_be_typed_where_its_store_is_gone(run):
    folder = run("data=lctsc", f"data.root={HIDDEN}", store=False)
    with pytest.raises(LungsegError, match="type again: data.root=…") as caught:
        with_overrides_of_run("train", [f"resume={folder}"])
    assert str(folder) not in str(caught.value)


def test_the_store_of_an_earlier_resume_is_not_asked_for(run):
    folder = run("data=lctsc", f"data.root={HIDDEN}", f"data.store={HIDDEN}", "seed=1")
    words = with_overrides_of_run("train", [f"resume={folder}", "data.root=there"])
    assert words == ["data=lctsc", "seed=1", "data.root=there", *here(folder)]


def test_each_setting_is_asked_for_once(run):
    stores = [f"data.store={HIDDEN}"] * 2
    folder = run("data=lctsc", f"data.root={HIDDEN}", *stores, store=False)
    with pytest.raises(LungsegError, match=r"places: data.root; type again: data.root=…$"):
        with_overrides_of_run("train", [f"resume={folder}"])


def test_damaged_folders(run, tmp_path):
    folder = run("seed=1")
    for file, message in (
        (folder / ".hydra" / "overrides.yaml", "overrides.yaml of the run is missing or damaged"),
        (folder / "checkpoints" / "last.ckpt", "no checkpoints/last.ckpt"),
    ):
        file.unlink()
        with pytest.raises(LungsegError, match=message):
            with_overrides_of_run("train", [f"resume={folder}"])
    with pytest.raises(LungsegError, match="no such run folder"):
        with_overrides_of_run("train", [f"resume={tmp_path}/nowhere"])
