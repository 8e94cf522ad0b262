"""What a chain of trainings has seen."""

from lungseg.runs.lineage import describe_init, images_of, lineage

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
