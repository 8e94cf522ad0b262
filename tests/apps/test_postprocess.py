"""``postprocess`` belongs to the run: what is reported with it is what it delivers."""

import json

from lungseg.cli import main


def summary(folder):
    return json.loads((folder / "evaluation" / "summary.json").read_text())["test"]


def test_a_run_is_evaluated_with_what_it_was_trained_with(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    small = ("data=lctsc", f"data.root={trained.source}", "trainer.max_epochs=1", "logger=none")
    network = (
        "model.base_channels=2",
        "model.depth=2",
        "report=false",
        "hydra.run.dir=run",
        *("optimizer=adam", "optimizer.lr=0.03"),
    )
    assert main(["train", *small, *network, "postprocess=lungs"]) == 0
    chosen = "Lungs(n_lungs=2, min_share=0.05, fill_holes=True, cut_airways=True)"
    first = summary(tmp_path / "run")
    assert first["postprocess"] == chosen
    assert main(["evaluate", "run=run", "report=false"]) == 0
    assert summary(tmp_path / "run") == first
    capsys.readouterr()
    assert main(["evaluate", "run=run", "report=false", "postprocess=none"]) == 0
    plain = summary(tmp_path / "run")
    assert not {"postprocess", "dsc_before_postprocess"} & {*plain}
    before = first["dsc_before_postprocess"]
    assert before == {key: plain["dsc_by_convention"][key] for key in ("report", "nnunet")}
    assert before != {key: first["dsc_by_convention"][key] for key in ("report", "nnunet")}
    assert "Post-processing was set to none after training" in "".join(capsys.readouterr())


def test_impossible_parameters_are_refused(refused):
    line = refused("train", "postprocess=lungs", "postprocess.n_lungs=3", "logger=none")
    assert line == "lungseg train: error: postprocess: n_lungs must be 1 or 2, got 3"
