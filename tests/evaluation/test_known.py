"""A case that a model has seen is no test: by its image, by its patient."""

import pytest

from lungseg.data.cohort import Cohort
from lungseg.data.digests import make_digests
from lungseg.errors import ConfigError
from lungseg.evaluation.conventions import Conventions, Weights
from lungseg.evaluation.known import patients_not_compared, recognise
from lungseg.report.results import warnings_of

KEY, OTHER = b"k" * 32, b"o" * 32
SPLIT = {"train": ["t1", "t2"], "val": ["v1"], "test": ["e1"]}
PATIENTS = {"t1": "PatientID T1", "t2": "PatientID T2", "v1": "PatientID V1", "e1": "PatientID E1"}


def record(key=KEY, **changes):
    return {
        "split": SPLIT,
        "image_sha256": {name: f"image of {name}" for name in PATIENTS},
        "patient_digests": make_digests(PATIENTS, key).plain() if key else None,
        "cohort_sha256": "theirs",
        "config": {"trainer": {"max_epochs": 1}, "metrics": {"threshold": 0.5},
                   "data": {"name": "lctsc"}},
    } | changes  # fmt: skip


def cohort(images, keys=None, labels=None, key=KEY, patients_by="id"):
    """Cases by the name of the image they have, their patient's key and label."""
    return Cohort(
        "store",
        {
            name: {"image_sha256": image, "content_sha256": image, "fingerprint": {}}
            for name, image in images.items()
        },
        labels or {name: name for name in images},
        {},
        patients_by,
        make_digests(keys, key) if keys else None,
    )


def test_by_images():
    known = recognise(
        cohort({"a": "image of t1", "b": "image of v1", "c": "image of e1", "d": "new"}), record()
    )
    assert known.sets == {"train": ["a"], "val": ["b"], "test": ["c", "d"]}
    assert known.lines == [
        "a: known from the checkpoint's train set by their images; shown as such",
        "b: known from the checkpoint's val set by their images; shown as such",
    ]


def test_a_follow_up_scan_of_a_training_patient_is_no_test():
    keys = {"a": "PatientID T1", "b": "PatientID V1", "c": "PatientID E1", "d": "PatientID N"}
    known = recognise(cohort(dict.fromkeys("abcd", "new"), keys), record())
    assert known.sets == {"train": ["a"], "val": ["b"], "test": ["c", "d"]}
    assert known.lines[0].startswith("a: known from the checkpoint's train set by their patient")
    assert "data.patients=case" in known.lines[0]


def test_other_scans_of_a_patient_whose_image_is_known_are_known_too():
    """This cohort's labels link them, also where no digests can be compared."""
    known = recognise(
        cohort({"a": "image of t1", "b": "new", "c": "new"}, labels={"a": "a", "b": "a", "c": "c"}),
        record(key=None),
    )
    assert known.sets == {"train": ["a", "b"], "test": ["c"]}
    assert len(known.lines) == 2


def test_training_outweighs_the_other_sets():
    keys = {"a": {"PatientID T1", "PatientID V1"}, "b": {"PatientID E1", "PatientID V1"}, "c": ""}
    images = {"a": "image of e1", "b": "new", "c": "image of e1"}
    assert recognise(cohort(images, keys), record()).sets == {
        "train": ["a"], "val": ["b"], "test": ["c"]
    }  # fmt: skip


def test_patients_are_not_compared_where_each_case_is_a_patient():
    keys = {"a": "PatientID T1"}
    known = recognise(cohort({"a": "new"}, keys, patients_by="case"), record())
    assert known.sets == {"test": ["a"]}


@pytest.mark.parametrize(
    ("theirs", "ours", "by", "reason"),
    [
        (KEY, KEY, "id", None),
        (KEY, KEY, "case", "data.patients=case"),
        (None, KEY, "id", "the checkpoint has no digests of patients"),
        (KEY, None, "id", "this cohort has no digests of patients"),
        (OTHER, KEY, "id", "their digests were made with another secret key (data.patient_key)"),
    ],
)
def test_what_was_compared_is_said_on_the_page(theirs, ours, by, reason):
    keys = {"a": "PatientID T1", "b": "PatientID N"} if ours else None
    evaluated = cohort({"a": "new", "b": "new"}, keys, key=ours, patients_by=by)
    assert patients_not_compared(evaluated, record(theirs)) == reason
    known = recognise(evaluated, record(theirs))
    assert ("train" in known.sets) == (reason is None)
    warnings = warnings_of(
        record(theirs), evaluated, Conventions(0.5, "zero"), Weights("last.ckpt", 1)
    )
    (line,) = [line for line in warnings if "recognised by their voxels" in line]
    if reason is None:
        assert "keyed digests" in line
        assert any(line.startswith("a: known") for line in warnings)
    else:
        assert "another scan of a patient of the training counts as test" in line
        assert reason in line


def test_checkpoints_and_stores_of_before_are_compared_by_images():
    old = record()
    del old["patient_digests"]
    store = Cohort("store", cohort({"a": "image of t1", "b": "new"}).cases)  # without labels
    assert recognise(store, old).sets == {"train": ["a"], "test": ["b"]}
    with pytest.raises(ConfigError, match="written by an older lungseg"):
        recognise(store, {"split": SPLIT})


def test_with_no_case_left_nothing_is_tested():
    with pytest.raises(ConfigError, match="trained on every one of these cases") as refusal:
        recognise(cohort({"a": "image of t1"}), record())
    assert "data.patients" not in str(refusal.value)
    with pytest.raises(ConfigError, match="none can test; data.patients=case would compare"):
        recognise(cohort({"a": "new"}, {"a": "PatientID T1"}), record())


def test_what_a_training_before_has_seen_is_known_too():
    """By image and by patient; the strongest set of all trainings counts."""
    first = {
        "split": {"train": ["x"], "val": ["t1"]},
        "image_sha256": {"x": "image of x", "t1": "image of t1"},
        "patient_digests": make_digests({"x": "PatientID X"}, KEY).plain(),
    }
    keys = {"a": "PatientID N", "b": "PatientID X", "c": "PatientID T1", "d": "PatientID M"}
    images = {"a": "image of x", "b": "new", "c": "image of t1", "d": "newer"}
    tuned = record(init={"sha256": "0", "seen": [first]})
    assert recognise(cohort(images, keys), record()).sets == {
        "train": ["c"],
        "test": ["a", "b", "d"],
    }
    assert recognise(cohort(images, keys), tuned).sets == {"train": ["a", "b", "c"], "test": ["d"]}
