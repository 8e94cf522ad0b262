"""The help of each command: its own groups, and its settings with what their files say."""

import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from lungseg.cli import COMMANDS, main
from lungseg.command.explained import WIDTH, groups, settings
from lungseg.config import VERSION_BASE, conf_dir, register_resolvers


def composed(command, *words):
    register_resolvers()
    with initialize_config_dir(str(conf_dir()), version_base=VERSION_BASE):
        config = compose(command, [*words], return_hydra_config=True)
    OmegaConf.set_readonly(config.hydra, False)
    config.hydra.job.config_name = command
    return config


@pytest.mark.parametrize("command", COMMANDS)
def test_comments_change_no_value(command):
    config = composed(command)
    plain = {key: value for key, value in OmegaConf.to_container(config).items() if key != "hydra"}
    assert yaml.safe_load(settings(config)) == plain


def test_each_comment_is_from_the_chosen_option():
    text = settings(composed("train", "data=lctsc", "loss=focal"))
    assert "  root: ??? # the folder that contains Images and Segmentations\n" in text
    assert "  batch_size: 3 # slices per step and process\n" in text
    assert "pixels along a side of a slice" not in text  # as data=phantom says
    assert "alpha: 0.66" not in text


def test_an_option_is_said_at_its_node():
    text = settings(composed("train", "model=unet_deep", "callbacks=[checkpoint,ema]"))
    assert "\nmodel: # A deep" in text or "\n# A deep" in text
    assert "\n  ema: # Evaluate and keep an exponential moving average of the weights.\n" in text
    assert "\n    decay: 0.999 # share that the average keeps per step" in text


def test_an_experiment_says_why_it_sets_what_it_sets():
    text = settings(composed("train", "experiment=strong"))
    assert "  spacing: 2 # mm: the network sees more of the patient at once" in text


def test_long_comments_are_above_in_several_lines():
    text = settings(composed("train", "data=tcia"))
    assert (
        "  # FILE with a secret by which patients are known again in other cohorts; default:\n"
        "  # lungseg/patient.key in your configuration folder (~/.config); null: they are not\n"
        "  patient_key: default\n"
    ) in text
    own = [line for line in text.splitlines() if "#" in line]
    assert max(map(len, own)) <= WIDTH


def test_groups_are_those_of_the_command():
    assert groups(composed("evaluate")).splitlines() == [
        "data: dicomseg, lctsc, nifti, phantom, phantom_hard, slices2d, tcia",
        groups(composed("train")).splitlines()[1],
        "postprocess: auto, lungs, none",
    ]
    names = [line.split(":")[0] for line in groups(composed("train")).splitlines()]
    assert names[:4] == ["data", "split", "intensity", "augment"]
    assert {"callbacks", "logger", "experiment"} <= {*names}


def test_the_screen(tmp_path, capsys):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("# My own.\nsize: 1 # of mine\ncost: $5 # dear\n")
    assert main(["train", "--help", "--config-dir", str(tmp_path), "model=mine"]) == 0
    screen = capsys.readouterr().out
    assert "\nmodel: mine, monai_dynunet, " in screen
    assert "\nmodel: # My own.\n  size: 1 # of mine\n  cost: $5 # dear\n" in screen
    assert "  root: ${outputs}/phantom/${data.n_cases}x" in screen


def test_a_setting_that_must_be_given_is_no_obstacle(capsys):
    assert main(["deidentify", "--help"]) == 0
    assert "\ninput: ??? # folder with DICOM files, however nested\n" in capsys.readouterr().out
