"""In what runs differ, and how their settings are called."""

import json

from lungseg.report.compare_tables import runs_frame
from lungseg.report.comparison import compare
from lungseg.runs.find import find_runs
from tests.report.fake_runs import alpha, config


def test_only_what_was_set_is_named_as_different(runs):
    found = compare(
        runs(
            {"settings": config(optimizer__lr=0.1, outputs="a", seed=1)},
            {"settings": config(optimizer__lr=0.01, outputs="b", seed=1)},
        )
    )
    assert found.differences == ("optimizer.lr",)  # not max_lr, which follows it
    assert [one.name for one in found.settings] == ["optimizer.lr=0.1", "optimizer.lr=0.01"]


def test_an_option_stands_for_all_that_it_sets(runs):
    wide = {"model__depth": 4, "model__base_channels": 32}
    found = compare(
        runs(
            {},
            {"settings": config(**wide), "choices": {"model": "unet"}},
            {"settings": config(**wide, loss__alpha=0.2), "choices": {"model": "unet"}},
        )
    )
    assert {"model.depth", "model.base_channels", "loss.alpha"} <= set(found.differences)
    assert found.settings[0].name.startswith("model=unet_small, ")
    assert "depth" not in found.settings[1].name


SGD = {"_target_": "torch.optim.SGD", "lr": 0.1, "momentum": 0.0}


def test_a_choice_is_named_by_its_option_and_not_by_what_comes_with_it(runs):
    other = {"settings": config() | {"optimizer": SGD}, "choices": {"optimizer": "sgd"}}
    found = compare(runs({"choices": {"optimizer": "adam"}}, other))
    assert found.differences == ("optimizer._target_",)
    assert [one.name for one in found.varied] == ["optimizer"]
    assert [one.name for one in found.settings] == ["optimizer=adam", "optimizer=sgd"]
    assert list(runs_frame(found)["optimizer"]) == ["adam", "sgd"]


def test_a_class_without_an_option_is_named_by_itself(runs):
    found = compare(runs({}, {"settings": config() | {"optimizer": SGD}}))
    assert [one.name for one in found.settings] == ["optimizer=Adam", "optimizer=SGD"]


def test_what_was_typed_below_a_choice_is_a_difference(runs):
    faster = SGD | {"lr": 0.5}
    found = compare(
        runs(
            {"choices": {"optimizer": "adam"}},
            {"settings": config() | {"optimizer": SGD}, "choices": {"optimizer": "sgd"}},
            {
                "settings": config() | {"optimizer": faster},
                "choices": {"optimizer": "sgd"},
                "overrides": ["optimizer=sgd", "optimizer.lr=0.5"],
            },
        )
    )
    assert found.differences == ("optimizer._target_", "optimizer.lr")
    names = [one.name for one in found.settings]
    assert names == [f"optimizer={o}, lr={lr}" for o, lr in (("adam", 0.001), ("sgd", 0.1),
                                                             ("sgd", 0.5))]  # fmt: skip


def test_options_of_one_class_are_told_apart(runs):
    wide = {"settings": config(model__depth=4), "choices": {"model": "unet"}}
    attention = {"settings": config() | {"model": {"_target_": "monai.Net", "levels": 4}},
                 "choices": {"model": "monai_unet"}}  # fmt: skip
    found = compare(runs({}, wide, attention))
    names = [one.name for one in found.settings]
    assert names == ["model=unet_small", "model=unet", "model=monai_unet"]
    assert found.differences == ("model._target_", "model.depth")


def test_the_seed_of_a_split_is_not_called_seed(runs):
    found = compare(runs({}, alpha(0.2, split__seed=3)))
    assert found.settings[1].name == "split.seed=3, alpha=0.2"


def test_equal_numbers_written_otherwise_do_not_differ(runs):
    found = compare(runs(alpha(1), alpha(1.0, seed=5)))
    assert found.differences == ()
    assert len(found.settings) == 1


def test_an_environment_variable_is_a_setting_of_its_own(runs, tmp_path):
    """Typed alike, ``${oc.env:ALPHA}`` may have meant another number each time."""
    found = runs({"settings": config(loss__alpha="${oc.env:ALPHA}")},
                 {"settings": config(loss__alpha="${oc.env:ALPHA}")})  # fmt: skip
    for number, value in enumerate((0.2, 0.8)):
        file = tmp_path / str(number) / "provenance.json"
        made_by = json.loads(file.read_text())
        made_by["config"]["loss"]["alpha"] = value
        file.write_text(json.dumps(made_by))
    assert compare(find_runs([tmp_path])).differences == ("loss.alpha",)
    assert found[0].derived["loss.alpha"] == "${oc.env:ALPHA}"


def test_speed_and_place_are_no_difference(runs):
    """One table says so for resume, search and comparison."""
    found = compare(
        runs(
            alpha(0.1, parallel__n_jobs=1, trainer__accelerator="cpu", data__cache_gib=4),
            alpha(0.2, parallel__n_jobs=8, trainer__accelerator="cuda", data__cache_gib=0),
        )
    )
    assert found.differences == ("loss.alpha",)


def test_what_shapes_the_result_is_a_difference(runs):
    keys = ("trainer.accumulate_grad_batches", "trainer.max_epochs", "metrics.empty_dsc", "new.key")
    changes = {
        key.replace(".", "__"): value for key, value in zip(keys, (2, 8, "one", 1), strict=True)
    }
    found = compare(runs(alpha(0.1), alpha(0.1, **changes)))
    assert set(found.differences) == set(keys)


def test_an_argument_that_came_later_is_no_difference_at_its_default(runs):
    before, same, other = {}, *({"settings": config(loss__empty=v)} for v in ("count", "skip"))
    assert compare(runs(before, same)).differences == ()
    assert compare(runs(before, same, other)).differences == ("loss.empty",)
