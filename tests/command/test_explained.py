"""The help of each command: its own groups, and its settings with what their files say."""

import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from lungseg.cli import COMMANDS, main
from lungseg.command.explained import WIDTH, groups, settings
from lungseg.command.yaml_comments import comments
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
    assert (
        "\n# A deep U-Net: 5 downsampling blocks see the chest wall from the middle of a lung; 2.1 M\n"
        "# parameters.\nmodel:\n"
    ) in text
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
        "data: dicomseg, lctsc, nifti, phantom, phantom_hard, slices2d, tcia (none chosen)",
        groups(composed("train")).splitlines()[1].replace("now default", "none chosen"),
        "postprocess: auto, lungs, none (none chosen)",
    ]
    names = [line.split(":")[0] for line in groups(composed("train")).splitlines()]
    assert names[:4] == ["data", "split", "intensity", "augment"]
    assert {"callbacks", "logger", "experiment"} <= {*names}


def test_what_is_chosen_is_said():
    lines = groups(composed("train", "model=unet_deep", "callbacks=[checkpoint,ema]")).splitlines()
    (model,) = [line for line in lines if line.startswith("model: ")]
    (callbacks,) = [line for line in lines if line.startswith("callbacks: ")]
    assert model.endswith(", unet, unet_deep, unet_small (now unet_deep)")
    assert callbacks.endswith(" (now checkpoint, ema)")


@pytest.mark.parametrize("word", ["callbacks=ema", "callbacks=[ema]"])
def test_an_option_with_a_node_of_its_own_is_said_there(word):
    text = settings(composed("train", word))
    assert "\ncallbacks:\n  ema: # Evaluate and keep an exponential moving average" in text


def test_no_comment_ends_in_a_value():
    """Long texts are folded, and a comment behind their first line would become part of them."""
    folder = "pictures of " + "my patients and " * 10 + "theirs"
    config = composed("preview", f'output="{folder}/a.png"')
    text = settings(config)
    assert yaml.safe_load(text)["output"] == f"{folder}/a.png"
    assert "\n# the picture\noutput: pictures of my patients" in text


def test_files_of_the_user(tmp_path, capsys):
    """Another command's file, whose defaults are those of ours; an experiment with a long head."""
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(
        "# @package _global_\n# What I try.\nseed: 5 # my reason\n"
    )
    (tmp_path / "mine.yaml").write_text("defaults: [train, override model: unet_deep, _self_]\n")
    words = ["--help", "--config-dir", str(tmp_path), "--config-name", "mine"]
    assert main(["train", *words, "experiment=mine"]) == 0
    screen = capsys.readouterr().out
    assert "\nseed: 5 # my reason\n" in screen
    assert "unet_small (now unet_deep)\n" in screen
    assert "\nexperiment: fast, mine, paper," in screen
    assert screen.count("\nmodel: ") == 1


@pytest.mark.parametrize("file", sorted(conf_dir().glob("*/*.yaml")), ids=lambda file: file.stem)
def test_each_option_says_what_it_is(file):
    assert comments(file.read_text()).get(())


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
