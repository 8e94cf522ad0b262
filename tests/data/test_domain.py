"""Where evaluated cases are unlike those that a model was trained on."""

from lungseg.data.cohort import Cohort
from lungseg.data.domain import domain_of, domain_of_scan, unlike
from lungseg.evaluation.conventions import Conventions, Weights
from lungseg.report.results import warnings_of


def cohort(*cases):
    """Cases by spacing z, y, x; edge; and HU at 5 and 95 %."""
    return Cohort(
        "store",
        {
            f"c{k}": {
                "spacing_mm": [z, y, x],
                "content_sha256": f"{k} {cases}",
                "image_sha256": f"{k} {cases}",
                "fingerprint": {
                    "shape": [9, edge, edge],
                    "hu_percentiles": {"5": air, "50": 0, "95": soft},
                },
            }
            for k, ((z, y, x), edge, air, soft) in enumerate(cases)
        },
    )


TRAINED = cohort(((3, 0.98, 0.98), 512, -1000, 60), ((2.5, 0.78, 0.8), 512, -1024, 80))


def test_the_ranges():
    assert domain_of(TRAINED, ["c0", "c1"]) == {
        "pixel_mm": [0.78, 0.98],
        "slice_mm": [2.5, 3.0],
        "size": [512.0, 512.0],
        "fov_mm": [0.78 * 512, 0.98 * 512],
        "hu_5": [-1024.0, -1000.0],
        "hu_95": [60.0, 80.0],
    }
    assert domain_of(TRAINED, ["c0"])["pixel_mm"] == [0.98, 0.98]
    assert domain_of(TRAINED, []) == {}


def test_a_single_scan():
    percentiles = {"5": -1000, "50": 0, "95": 60}
    scan = domain_of_scan((3, 0.98, 0.98), (9, 512, 512), percentiles)
    assert scan == domain_of(TRAINED, ["c0"])
    oblong = domain_of_scan((3, 0.5, 2.0), (9, 100, 200), percentiles)
    assert oblong["pixel_mm"] == [0.5, 2]
    assert oblong["size"] == [100, 200]
    assert oblong["fov_mm"] == [50, 400]


def test_what_differs_is_named_with_figures():
    then = domain_of(TRAINED, TRAINED.names)
    here = cohort(((10, 4.17, 4.17), 60, -200, 300))
    assert unlike(then, domain_of(here, here.names)) == (
        "Unlike the cases that the model was trained on:"
        " pixel spacing 4.17 mm, in training 0.78 to 0.98 mm;"
        " slice spacing 10 mm, in training 2.5 to 3 mm;"
        " matrix size 60 pixels, in training 512 pixels;"
        " field of view 250 mm, in training 399 to 502 mm;"
        " 5th percentile of HU -200 HU, in training -1024 to -1000 HU;"
        " 95th percentile of HU 300 HU, in training 60 to 80 HU."
    )


def test_one_case_outside_is_enough_and_small_differences_are_not():
    then = domain_of(TRAINED, TRAINED.names)
    near = ((3.2, 0.72, 1.05), 512, -1100, 150)
    assert unlike(then, domain_of(cohort(near), ["c0"])) is None
    far = cohort(near, ((3, 0.9, 0.9), 512, -1000, 181))
    assert unlike(then, domain_of(far, far.names)) == (
        "Unlike the cases that the model was trained on: 95th percentile of HU 150 to 181 HU, in"
        " training 60 to 80 HU."
    )
    assert unlike({"slice_mm": [3.0, 3.0]}, {"slice_mm": [2.69, 3.0]}) is not None
    assert unlike({"slice_mm": [3.0, 3.0]}, {"slice_mm": [2.71, 3.29]}) is None


def test_it_is_among_the_warnings_of_an_evaluation():
    record = {
        "config": {
            "trainer": {"max_epochs": 1},
            "metrics": {"threshold": 0.5},
            "data": {"name": "lctsc"},
        },
        "cohort_sha256": TRAINED.sha256,
        "split": {"train": ["c0", "c1"]},
        "domain": domain_of(TRAINED, TRAINED.names),
    }
    here = cohort(((3, 4.17, 4.17), 512, -1000, 60))
    rules, weights = Conventions(0.5, "zero"), Weights("last.ckpt", 1)
    assert any(
        "pixel spacing 4.17 mm" in line for line in warnings_of(record, here, rules, weights)
    )
    assert warnings_of(record, TRAINED, rules, weights) == []
    del record["domain"]  # of an earlier version
    assert len(warnings_of(record, here, rules, weights)) == 1
