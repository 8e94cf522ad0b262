"""The encoding of lengths and numbers does not change a case (PS3.5 7.1, 7.5)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from tests.dicom.reencode import PLACES, SYNTAXES, Encoding, reencode
from tests.sources.encoded_case import KINDS, write_case

MB = 1_000_000
# Around 64 KiB and 16 MiB files were once cut to be judged by their beginning.
SIZES = (10, 1_000, 60_000, 65_536, 70_000, 300_000)
LONG = {"private": 20 * MB, "references": MB, "icon": 20 * MB, "behind": 20 * MB}


@pytest.fixture(scope="module", params=KINDS)
def case(request, phantom_root, tmp_path_factory):
    return write_case(tmp_path_factory.mktemp(request.param), phantom_root, request.param)


@pytest.fixture(scope="module")
def expected(case):
    return case.read()


encodings = st.builds(
    Encoding,
    syntax=st.sampled_from(SYNTAXES),
    undefined=st.none() | st.integers(0, 99),
    junk=st.dictionaries(st.sampled_from(sorted(PLACES)), st.sampled_from(SIZES)),
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "encoding",
    [
        Encoding(ExplicitVRLittleEndian, 0, LONG),
        Encoding(ImplicitVRLittleEndian, 1, LONG),
        Encoding(DeflatedExplicitVRLittleEndian, None, LONG),
    ],
    ids=["explicit", "implicit", "deflated"],
)
def test_the_same_case_is_read_from_these_encodings(case, expected, encoding):
    reencode(case.original, case.file, encoding)
    assert case.read() == expected


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(encoding=encodings)
def test_the_same_case_is_read_from_any_encoding(case, expected, encoding):
    reencode(case.original, case.file, encoding)
    assert case.read() == expected


def test_the_encodings_differ(case, tmp_path):
    """A rewriting that changes nothing would prove nothing."""
    written = set()
    for syntax in SYNTAXES:
        for undefined in (None, 0):
            reencode(case.original, tmp_path / "x", Encoding(syntax, undefined, {"private": 1_000}))
            written.add((tmp_path / "x").read_bytes())
    assert len(written) == 2 * len(SYNTAXES)
