"""Which numbers of an evaluation go to W&B."""

from types import SimpleNamespace

from lungseg.training.wandb_run import WandbRun


def test_numbers_of_sets_are_logged_and_those_of_subgroups_are_not():
    number = {"value": 0.9, "n": 3}
    groups = {"scanner": {"Maker M1": {"n_cases": 3, "volume_dsc_mean": number}}}
    logger = SimpleNamespace(run=SimpleNamespace(summary={}))
    WandbRun.log_summary(logger, {"test": {"volume_dsc_mean": number, "subgroups": groups}}, 0)
    assert logger.run.summary == {
        "evaluation/test/volume_dsc_mean": 0.9,
        "evaluation/test/volume_dsc_mean/n": 3,
    }
