import re

from hypothesis import given
from hypothesis import strategies as st

from lungseg.data.datasets.file_names import file_names

NAMES = st.lists(st.text(st.characters(exclude_characters="/\x00"), min_size=1), unique=True)


def test_plain_names_stay():
    assert file_names(["Case_001", "LCTSC-S1.101", "7"]) == {
        "Case_001": "Case_001", "LCTSC-S1.101": "LCTSC-S1.101", "7": "7",
    }  # fmt: skip


def test_others_are_changed():
    changed = file_names([".hidden", "-rf", "a b", "A_B", "ä"])
    assert list(changed.values()) == ["case.hidden", "case-rf", "a_b", "A_B-2", "case_"]


@given(NAMES)
def test_any_names_are_safe_and_differ_whatever_their_case(names):
    files = list(file_names(names).values())
    assert len({file.lower() for file in files}) == len(names)
    assert all(re.fullmatch("[A-Za-z0-9][A-Za-z0-9_.-]*", file) for file in files)
