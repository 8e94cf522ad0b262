"""``lungseg train ckpt_path=…`` and ``resume=RUN`` as a user types them."""

import logging

import pytest
import torch

from lungseg.cli import main

SAME = ("data=lctsc", "model.base_channels=4", "model.depth=2", "optimizer=adam",
        "optimizer.lr=0.01", "trainer.precision=32", "logger=none")  # fmt: skip


@pytest.mark.parametrize(
    "override", ["+trainer.accumulate_grad_batches=2", "trainer.precision=64", "data.batch_size=2"]
)
def test_another_run_does_not_resume(override, trained, run, refused):
    same = [word for word in SAME if word.partition("=")[0] != override.partition("=")[0]]
    last = run / "checkpoints" / "last.ckpt"
    line = refused("train", *same, f"data.root={trained.source}", f"ckpt_path={last}", override)
    assert f"{override.lstrip('+')}: the checkpoint's run had" in line


def test_the_same_run_resumes_faster_and_longer(trained, run, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    last = run / "checkpoints" / "last.ckpt"
    handlers = logging.getLogger().handlers[:]
    code = main(
        ["train", *SAME, f"data.root={trained.source}", f"ckpt_path={last}", "parallel.n_jobs=2",
         "trainer.max_epochs=3", "report=false", "data.num_workers=1"]
    )  # fmt: skip
    logging.getLogger().handlers[:] = handlers
    assert code == 0, capfd.readouterr().err
    assert torch.load(last, weights_only=True)["epoch"] == 2
    epochs = [line.split(",")[0] for line in (run / "metrics.csv").read_text().splitlines()]
    assert epochs == ["epoch", "0", "1", "2"]


@pytest.mark.slow
def test_a_run_resumes_by_its_folder_alone(trained, run, tmp_path, monkeypatch, capfd, refused):
    """Twice, with the weights that come from typing everything again."""
    import shutil

    typed = shutil.copytree(run, tmp_path / "typed")
    handlers = logging.getLogger().handlers[:]
    everything = (*SAME, f"data.root={trained.source}", f"ckpt_path={typed}/checkpoints/last.ckpt")
    assert main(["train", *everything, "report=false", "trainer.max_epochs=4"]) == 0
    short = ["train", f"resume={run}", "report=false"]
    line = refused(*short, "optimizer.lr=0.02")
    assert "optimizer.lr=0.02: the checkpoint's run had 0.01" in line
    for epochs in (3, 4):
        code = main([*short, f"trainer.max_epochs={epochs}"])
        assert code == 0, capfd.readouterr().err
    logging.getLogger().handlers[:] = handlers
    weights = [
        torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        for folder in (run, typed)
    ]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])
    recorded = (run / ".hydra" / "overrides.yaml").read_text()
    assert str(trained.source) not in recorded
    assert "optimizer.lr=0.01" in recorded
    assert not (tmp_path / "outputs" / "phantom").exists()
