from lungseg.runs.chosen import AUTO, postprocess_of
from lungseg.runs.joint_record import joint_config, joint_record
from lungseg.runs.lineage import images_of, selected_on_test

LUNGS = {"_target_": "lungseg.inference.postprocess.Lungs"}


def record(name, low, high, **changes):
    config = {"seed": low, "metrics": {"threshold": 0.5, "empty_dsc": "zero"}, "postprocess": {}}
    return {
        "config": config,
        "cohort_sha256": "same",
        "split": {"train": [name], "test": ["t"]},
        "image_sha256": {name: f"hash of {name}", "t": "hash of t"},
        "patient_digests": None,
        "domain": {"pixel_mm": [low, high], "size": [512, 512]},
        "synthetic": False,
        **changes,
    }


def test_it_has_seen_what_any_member_saw():
    before = {"seen": [{"split": {"train": ["z"]}, "image_sha256": {"z": "hash of z"}}]}
    first, second = record("a", 1, 2, init=before), record("b", 0, 1.5)
    joint = joint_record([first, second], 0.4, None)
    assert images_of(joint, "train") == {"hash of a", "hash of z", "hash of b"}
    assert joint["domain"] == {"pixel_mm": [0, 2], "size": [512, 512]}
    assert joint["config"]["seed"] == "1 / 0"
    assert joint["config"]["metrics"] == {"threshold": 0.4, "empty_dsc": "zero"}
    assert joint["config"]["ensemble"] == {"members": 2}
    assert joint["cohort_sha256"] == "same"
    assert first["config"]["metrics"]["threshold"] == 0.5
    assert "ensemble" not in first["config"]


def test_what_one_member_did_counts_for_all():
    honest, other = record("a", 1, 2), record("b", 1, 2, cohort_sha256="another", synthetic=True)
    other["config"]["allow_test_selection"] = True
    del other["domain"]["size"]
    joint = joint_record([honest, other], 0.5, None)
    assert selected_on_test(joint)
    assert joint["config"]["allow_test_selection"] is True
    assert joint["synthetic"]
    assert joint["cohort_sha256"] == ""
    assert joint["domain"] == {"pixel_mm": [1, 2]}
    assert not selected_on_test(joint_record([honest, honest], 0.5, None))


def test_the_post_processing_is_the_given_one():
    undecided = record("a", 1, 2)
    undecided["config"]["postprocess"] = {"_target_": AUTO}
    for node in (None, LUNGS):
        assert postprocess_of(joint_record([undecided, undecided], 0.5, node)) == node


def test_settings_that_only_some_have():
    assert joint_config([{"a": {"b": 1}}, {"a": {"b": 1, "c": [2]}}]) == {
        "a": {"b": 1, "c": "None / [2]"}
    }
