"""What a chain of trainings has seen."""

from lungseg.runs.lineage import describe_init, images_of, lineage, selected_on_test

FIRST = {
    "split": {"train": ["a"], "test": ["b"]},
    "image_sha256": {"a": "image a", "b": "image b"},
    "patient_digests": None,
    "config": {"model": "large"},
}


def record(name, **more):
    return {"split": {"train": [name]}, "image_sha256": {name: f"image {name}"}} | more


def test_the_third_training_has_seen_what_the_first_saw(tmp_path):
    file = tmp_path / "last.ckpt"
    file.write_bytes(b"weights")
    second = record("c", init=describe_init(file, FIRST))
    third = record("d", init=describe_init(file, second))
    assert images_of(third, "train") == {"image a", "image c", "image d"}
    assert images_of(third, "test") == {"image b"}
    assert len(lineage(third)) == 3
    # echo -n weights | sha256sum
    assert second["init"]["sha256"] == (
        "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"
    )
    assert "config" not in lineage(third)[2]
    assert str(tmp_path) not in str(third)


def test_weights_chosen_by_a_test_set_are_known_as_such_a_generation_later(tmp_path):
    file = tmp_path / "best.ckpt"
    file.write_bytes(b"weights")
    first = record("a", config={"allow_test_selection": True})
    second = record("b", config={"allow_test_selection": False}, init=describe_init(file, first))
    third = record("c", config={}, init=describe_init(file, second))
    assert selected_on_test(first)
    assert selected_on_test(third)
    assert not selected_on_test(record("d", config={"allow_test_selection": False}))
    assert not selected_on_test(record("e", init=describe_init(file, record("d"))))
