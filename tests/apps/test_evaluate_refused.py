"""What ``lungseg evaluate`` refuses."""

import json
import math
import shutil

import pytest
import torch

from tests.apps.run_files import contents, damage


def test_a_run_without_a_checkpoint(run, refused):
    shutil.rmtree(run / "checkpoints")
    before = contents(run)
    assert "no checkpoint here" in refused("evaluate", f"run={run}")
    assert contents(run) == before


def test_a_checkpoint_of_another_run(run, refused):
    def other_seed(checkpoint):
        checkpoint["lungseg"]["config"]["seed"] = 7

    damage(run, other_seed)
    line = refused("evaluate", f"run={run}")
    assert "of another run: seed=7 in it, and 0 in the run's provenance.json" in line


def test_thresholds_would_replace_each_other_in_a_sweep(run, cli):
    before = contents(run)
    done = cli("evaluate", f"run={run}", "-m", "metrics.threshold=0.3,0.7")
    assert done.returncode != 0
    assert "each job would replace the evaluation of the one before" in done.stdout
    assert contents(run) == before


def test_a_checkpoint_of_another_model(run, refused):
    def other_model(checkpoint):
        checkpoint["lungseg"]["config"]["model"]["depth"] = 3

    damage(run, other_model)
    line = refused("evaluate", f"run={run}")
    assert "of another model: model.depth=3 in it, and 2 in the run's provenance.json" in line


def test_weights_of_another_model(run, refused):
    damage(run, lambda checkpoint: checkpoint["state_dict"].popitem())
    line = refused("evaluate", f"run={run}")
    assert "weights are of another model than the one that it names (lungseg.models.unet" in line


def test_data_other_than_the_trainings(run, trained, refused, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(next((trained.folder / "outputs/prepared").iterdir()), store)
    case = store / "Case_000.zarr" / "zarr.json"
    attributes = json.loads(case.read_text())
    attributes["attributes"]["content_sha256"] = "0" * 64
    del attributes["attributes"]["sha256"]
    case.write_text(json.dumps(attributes))
    line = refused("evaluate", f"run={run}", f"store={store}")
    assert "cohort hash differs" in line


def test_store_does_not_go_with_a_checkpoint(refused):
    line = refused("evaluate", "ckpt=last.ckpt", "data=phantom", "store=nowhere")
    assert "store: goes with run=RUN_DIR" in line


def test_a_store_with_holes(run, trained, refused, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(next((trained.folder / "outputs/prepared").iterdir()), store)
    (store / "Case_005.zarr" / "mask" / "c.4.0.0").unlink()
    line = refused("evaluate", f"run={run}", f"store={store}")
    assert "Case_005: mask has lost 1 slice in the store; the next lungseg prepare" in line


def test_files_that_are_no_checkpoints(run, refused):
    file = run / "checkpoints" / "last.ckpt"
    torch.save({"state_dict": {}}, file)
    assert "not written by lungseg train" in refused("evaluate", f"run={run}")
    file.write_bytes(b"PK" + b"\0" * 100)
    assert "the checkpoint cannot be read" in refused("evaluate", f"run={run}")


def test_scores_that_are_not_numbers(run, refused):
    def diverged(checkpoint):
        for weights in checkpoint["state_dict"].values():
            weights.fill_(math.nan) if weights.is_floating_point() else None

    damage(run, diverged)
    line = refused("evaluate", f"run={run}")
    assert "output on the train set is not a number" in line
    assert "lower optimizer.lr" in line


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            [],
            "give run=outputs/<date>/<time>; or ckpt=FILE, model=[RUN,RUN] or predictions=DIR, with data=…;",
        ),
        (["run=RUN", "ckpt=x"], "one of them"),
        (["run=nowhere"], "no such run folder"),
        (["run=RUN/checkpoints/last.ckpt"], "run: a file; give the folder of the run"),
        (["run=RUN/.."], "run: a folder with 1 run below it; give one, such as ["),
        (["ckpt=RUN", "data=phantom"], "give its weights: ckpt=RUN/checkpoints/last.ckpt ["),
        (["run=RUN", "data=phantom"], "data: goes with ckpt=FILE"),
        (["ckpt=x"], "data: must be given with ckpt"),
        (["ckpt=x", "data=phantom"], "no checkpoint here"),
        (["run=RUN", "metrics.threshold=1"], "metrics.threshold=1: must be a number between"),
        (["run=RUN", "metrics.threshold=0"], "metrics.threshold=0: must be a number between"),
        (["run=RUN", "metrics.empty_dsc=two"], "must be zero, one or nan"),
    ],
)
def test_settings_that_cannot_work(overrides, message, run, refused):
    line = refused("evaluate", *(word.replace("RUN", str(run)) for word in overrides))
    assert message in line


def test_a_pass_cut_short_is_no_evaluation(refused):
    line = refused("train", "+trainer.limit_test_batches=2")
    assert "trainer.limit_test_batches: leave it out" in line
