"""The flow diagram: counts by hand, and drawn the same each time."""

import re

from lungseg.report.paper.flow import draw, flow, save
from lungseg.report.paper.study import read_study
from tests.report.paper.packs import write_run


def test_counts_by_hand(packs, known_cohort):
    boxes = flow(read_study([packs / "first"], "store").first)
    assert boxes.found == "cases found: 8"  # 2 + 2 in sets, 1 in none, 3 that failed
    assert boxes.failed.splitlines() == [
        "could not be prepared: 3", "2: no mask", "1: 50 % of A_B is missing",
    ]  # fmt: skip
    assert boxes.prepared == "prepared: 5"
    assert boxes.left_out == "in no set: 1"
    assert boxes.sets == ["training: 2", "test: 2"]


def test_a_pool_shows_its_folds(packs, known_cohort):
    boxes = flow(read_study([packs / "pool"], None).first)
    assert boxes.sets == ["tested out of fold: 2, 2\n(cases of each fold)"]


def test_many_folds_are_summed_up(tmp_path):
    """Twelve cases in two repeats of 11 folds, of which one tests two cases."""
    folds = {f"Case_{k:03d}": [str(k % 11), str(k % 11)] for k in range(12)}
    folder = write_run(tmp_path / "run", pool={"runs": [], "folds": folds, "repeats": ["a", "b"]})
    source = read_study([folder], None).first
    assert flow(source).sets == ["tested out of fold: 11 folds of 1 to 2\n(cases of each fold)"]


def test_nothing_failed_and_nothing_was_left_out(packs, known_cohort):
    boxes = flow(read_study([packs / "bare"], None).first)
    assert (boxes.found, boxes.failed, boxes.left_out) == ("cases found: 4", "", "")


def test_many_reasons_are_counted(tmp_path, known_cohort):
    reasons = {f"Case_{k:03d}": f"reason {k} " + "long " * 20 for k in range(10, 17)}
    folder = write_run(tmp_path / "run", failed_cases=reasons)
    boxes = flow(read_study([folder], None).first)
    assert boxes.failed.splitlines()[-1] == "and 3 more reasons (flow.csv)"
    assert max(map(len, boxes.failed.splitlines())) <= 44


def test_the_same_boxes_give_the_same_bytes_with_all_their_words(packs, known_cohort, tmp_path):
    boxes = flow(read_study([packs / "first"], "store").first)
    made = []
    for name in "ab":
        save(draw(boxes, synthetic=False), tmp_path / name)
        made.append([(tmp_path / name / f"flow.{kind}").read_bytes() for kind in ("pdf", "svg")])
    assert made[0] == made[1]
    words = re.sub(r"<[^>]*>", "\n", made[0][1].decode())
    for text in ("cases found: 8", "2: no mask", "1: 50 % of A_B is missing", "test: 2"):
        assert text in words
