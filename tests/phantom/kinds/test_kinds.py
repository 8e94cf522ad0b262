"""Names of the kinds, and what all of them share."""

import numpy as np
import pydicom
import pytest

from lungseg.arguments.phantom import PHANTOM_KINDS
from lungseg.phantom import make_case, write_case, write_cohort
from lungseg.phantom.kinds import CLASSES


def test_every_name_has_a_class():
    assert {*CLASSES} == {"", *PHANTOM_KINDS}


@pytest.mark.parametrize("kind", PHANTOM_KINDS)
def test_drawn_from_seed_and_patient(kind):
    small = {"size": 32, "n_slices": 12, "kind": kind}
    cases = [make_case(0, seed=seed, **small) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(cases[0].image, cases[1].image)
    np.testing.assert_array_equal(cases[0].mask, cases[1].mask)
    assert cases[0].spacing != cases[2].spacing
    assert cases[0].kind == kind


def test_cases_are_named_and_listed(hard_root):
    lines = (hard_root / "kinds.csv").read_text().splitlines()
    assert lines[0] == "case,kind"
    names = sorted(path.name for path in (hard_root / "Images").iterdir())
    assert names == [line.split(",")[0] for line in lines[1:]]
    assert names == [f"Case_{k:03d}_{kind}" for k, kind in enumerate(PHANTOM_KINDS)]


def test_kinds_repeat_in_turn(tmp_path):
    write_cohort(tmp_path / "c", n_cases=3, size=32, n_slices=12, kinds=["cut", "bulla"])
    names = sorted(path.name for path in (tmp_path / "c" / "Images").iterdir())
    assert names == ["Case_000_cut", "Case_001_bulla", "Case_002_cut"]


def test_a_plain_cohort_has_no_table(phantom_root):
    assert not (phantom_root / "kinds.csv").exists()


def test_no_uid_is_shared_with_the_patient_without_the_kind(tmp_path):
    uids = []
    for kind in ("", "bulla"):
        case = make_case(0, size=32, n_slices=12, kind=kind)
        write_case(case, tmp_path / f"with_{kind}", 0)
        files = [pydicom.dcmread(file) for file in tmp_path.glob(f"with_{kind}/Images/*/*")]
        uids.append({uid for f in files for uid in (f.SOPInstanceUID, f.StudyInstanceUID)})
    assert len(uids[0]) == len(uids[1]) > 12
    assert not uids[0] & uids[1]


def test_an_unknown_kind(tmp_path):
    line = "kinds must be all, or of bulla, .*; got 'bula'"
    with pytest.raises(ValueError, match=line):
        make_case(0, kind="bula")
    with pytest.raises(ValueError, match=line):
        write_cohort(tmp_path / "c", kinds=["bulla", "bula"])
    assert list(tmp_path.iterdir()) == []
