"""``data.masks=none`` on the command line: prepared and shown, not trained on or evaluated."""

import json
import shutil

import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from lungseg.apps.prepare import prepare, prepare_with_masks
from lungseg.config import conf_dir
from lungseg.data.cohort import open_cohort
from lungseg.errors import DataError

NO_MASK = "has no mask: prepared with data.masks=none, it cannot be trained on or evaluated"
TOO_EARLY = "data.masks=none: cases without masks can be prepared and inspected, not trained on or evaluated"
OUTCOMES = {"metrics.csv", "last.ckpt", "provenance.json", "summary.json", "split.json"}


def left(folder):
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def store(three_cases, tmp_path, cli):
    """A store that was prepared without masks; its source is no longer there."""
    done = cli("prepare", "data=lctsc", "data.root=source", "data.masks=none", "data.store=store")
    assert done.returncode == 0, done.stderr
    shutil.rmtree(three_cases)
    return tmp_path / "store"


def test_prepare(three_cases, tmp_path, cli):
    command = ("prepare", "data=lctsc", "data.root=source")
    whole = cli(*command, "data.export_npz=npz")
    (masked,) = (tmp_path / "outputs" / "prepared").iterdir()
    shutil.rmtree(three_cases / "Segmentations")
    alone = cli(*command, "data.masks=none", "data.export_npz=npz0")
    assert (whole.returncode, alone.returncode) == (0, 0), whole.stderr + alone.stderr
    (maskless,) = set((tmp_path / "outputs" / "prepared").iterdir()) - {masked}

    # What stands on the screen: no share, no flip, no score.
    lines = [line.split() for line in alone.stdout.splitlines()]
    assert f"3 cases without masks in {maskless.relative_to(tmp_path)} (SYNTHETIC)" in alone.stdout
    assert ["case", "slices", "spacing", "mm", "findings"] in lines
    cohort = open_cohort(maskless)
    n_slices = [one["fingerprint"]["n_slices"] for one in cohort.cases.values()]
    assert ["all", str(sum(n_slices))] in lines
    (row,) = [line for line in lines if line[:1] == ["Case_000"] and len(line) > 3]
    spacing = [f"{mm:.3g}" for mm in cohort.cases["Case_000"]["spacing_mm"]]
    n_findings = len(cohort.cases["Case_000"]["audit"]["findings"])
    assert row == ["Case_000", str(n_slices[0]), *spacing, str(n_findings)]

    # What stands in the files.
    assert cohort.image_sha256 == open_cohort(masked).image_sha256
    audit = json.loads((maskless / "audit.json").read_text())
    assert (audit["n_without_mask"], audit["empty_share"]) == (3, None)
    assert json.loads((maskless / "cohort.json").read_text())["positive_share"] is None
    for name in cohort.names:
        with np.load(tmp_path / "npz0" / f"{name}.npz") as image_alone:
            assert image_alone.files == ["image"]
            with np.load(tmp_path / "npz" / f"{name}.npz") as both:
                assert both.files == ["image", "mask"]
                np.testing.assert_array_equal(image_alone["image"], both["image"])


@pytest.mark.parametrize("data", ["lctsc", "tcia", "dicomseg"])
def test_another_word_is_refused(data, refused):
    line = refused("prepare", f"data={data}", "data.root=.", "data.masks=files")
    assert line.endswith("data.masks=files: must be required or none (images alone)")


SLICES2D = ("data.spacing_mm=[3, 1, 1]", "data.numbers_run=feet_to_head", "data.window=[-600, 9]")


@pytest.mark.parametrize(
    "data", [["lctsc"], ["tcia"], ["dicomseg"], ["nifti"], ["slices2d", *SLICES2D]]
)
def test_training_is_refused_before_anything_is_prepared(data, phantom_root, refused, tmp_path):
    name, *more = data
    line = refused("train", f"data={name}", f"data.root={phantom_root}", "data.masks=none", *more)
    assert line == f"lungseg train: error: {TOO_EARLY}"
    assert not (tmp_path / "outputs" / "prepared").exists()
    assert not left(tmp_path) & OUTCOMES


@pytest.fixture
def own_source(tmp_path, monkeypatch):
    """Overrides that choose a source outside the package, whose last case has no mask."""
    (tmp_path / "halves.py").write_text(SOURCE)
    (tmp_path / "conf" / "data").mkdir(parents=True)
    (tmp_path / "conf" / "data" / "halves.yaml").write_text(YAML)
    monkeypatch.syspath_prepend(tmp_path)
    return ("data=halves", f"--config-dir={tmp_path / 'conf'}")


SOURCE = """
import numpy as np
from lungseg.data.case import Case
from lungseg.volume import Volume

class Halves:
    def __init__(self, root):
        pass

    def cases(self):
        return ["a", "b", "c"]

    def state(self, case):
        return case

    patient = state

    def read(self, case):
        image = np.full((4, 32, 32), ord(case), np.int16)
        mask = None if case == "c" else np.ones(image.shape, np.uint8)
        return Case(case, Volume(image, np.eye(4)[[2, 1, 0, 3]]), mask, {}, {"findings": []}, case)
"""
YAML = """
name: halves
root: .
store: null
export_npz: null
source:
  _target_: halves.Halves
  root: ${data.root}
"""


@pytest.mark.parametrize("split", [[], ["split=balanced"], ["split=kfold"]])
def test_training_on_one_case_without_mask_is_refused(split, own_source, refused, tmp_path):
    """By what the cases say of themselves, before a split needs their shares."""
    line = refused("train", "logger=none", *split, *own_source)
    assert line.startswith(f"lungseg train: error: c: {NO_MASK} [outputs/prepared/halves-")
    assert not left(tmp_path) & OUTCOMES


def test_a_store_of_cases_without_masks_is_refused(store):
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("train", ["data=lctsc", f"data.store={store}"])
    assert prepare(config).maskless == ["Case_000", "Case_001", "Case_002"]
    with pytest.raises(DataError) as info:
        prepare_with_masks(config)
    assert str(info.value) == f"Case_000 (and 2 more): {NO_MASK}"


def test_evaluation_is_refused(trained, own_source, refused, tmp_path):
    ckpt = f"ckpt={trained.run / 'checkpoints' / 'last.ckpt'}"
    line = refused("evaluate", ckpt, "data=lctsc", f"data.root={trained.source}", "data.masks=none")
    assert line == f"lungseg evaluate: error: {TOO_EARLY}"
    assert not (tmp_path / "outputs" / "prepared").exists()
    line = refused("evaluate", ckpt, *own_source)
    assert line.startswith(f"lungseg evaluate: error: c: {NO_MASK} [outputs/prepared/halves-")
    assert not left(tmp_path) & OUTCOMES
