"""JSON with a hash of itself: in a store's files, and in the attributes of its cases."""

import json
import shutil

import numpy as np
import pytest

from lungseg.data.cohort import open_cohort
from lungseg.data.prepare import prepare
from lungseg.data.seal import read_sealed, seal, unseal
from lungseg.errors import DataError
from lungseg.sources.lctsc import LctscFolder
from tests.data.tampering import content, flip


def test_what_json_gives_back_is_sealed():
    sealed = seal({"pair": (1, 2.5), "text": "Lücke", "1": None})
    assert unseal(sealed) == unseal(json.loads(json.dumps(sealed, indent=1))) == {
        "pair": [1, 2.5], "text": "Lücke", "1": None,
    }  # fmt: skip
    assert unseal({"pair": [1, 2]}) == {"pair": [1, 2]}  # of an older version
    with pytest.raises(ValueError, match="not what was written"):
        unseal(sealed | {"more": 1})


def test_flipped_bits_in_what_describes_the_cohort(three_cases, tmp_path):
    store = tmp_path / "store"
    cohort = prepare(LctscFolder(three_cases), store)
    file = store / "cohort.json"
    assert list(read_sealed(store, "cohort.json")["cases"]) == cohort.names
    random = np.random.default_rng(0)
    lines = []
    for _ in range(100):
        before = flip(file, random)
        try:
            assert open_cohort(store) == cohort
        except DataError as error:
            lines.append(str(error))
        file.write_bytes(before)
    assert len(lines) > 90
    assert set(lines) == {
        "cohort.json is damaged; lungseg prepare with the source of the cases writes it again"
    }


def test_a_damaged_description_is_written_again_without_reading_a_case(three_cases, tmp_path):
    store = tmp_path / "store"
    cohort = prepare(LctscFolder(three_cases), store)
    before = content(store)
    file = store / "cohort.json"
    # As if two cases were one patient's.
    file.write_text(file.read_text().replace('"Case_001": "Case_001"', '"Case_001": "Case_000"'))
    assert content(store) != before
    read = []
    assert cohort == prepare(
        LctscFolder(three_cases), store, track=lambda names: read.extend(names) or names
    )
    assert read == []
    assert content(store) == before


def test_a_description_without_hash_is_left_alone(three_cases, tmp_path):
    """Of an earlier version, on a disk that may be read only."""
    store = tmp_path / "store"
    cohort = prepare(LctscFolder(three_cases), store)
    file = store / "cohort.json"
    old = {key: value for key, value in json.loads(file.read_text()).items() if key != "sha256"}
    file.write_text(json.dumps(old))
    shutil.copytree(store, tmp_path / "before")
    assert prepare(LctscFolder(three_cases), store) == open_cohort(store) == cohort
    assert content(store) == content(tmp_path / "before")
