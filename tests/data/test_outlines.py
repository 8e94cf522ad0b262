"""Outlines beside the store: found once, read afterwards, and never in the way."""

import numpy as np
import pytest

from lungseg.data import outlines as module
from lungseg.data.outline import body_box, patient_outline
from lungseg.data.outlines import FOLDER, Outline, outlines_of
from lungseg.data.prepare import prepare
from lungseg.data.store import open_image
from lungseg.errors import DataError
from lungseg.sources.lctsc import LctscFolder
from tests.data.tampering import flip


@pytest.fixture
def cohort(phantom_root, tmp_path):
    return prepare(LctscFolder(phantom_root), tmp_path / "store")


def test_it_is_found_once_and_read_afterwards(cohort, monkeypatch):
    name = cohort.names[0]
    (found,) = outlines_of(cohort.store, cohort.cases, [name]).values()
    voxels = open_image(cohort.store, name)[:]
    expected = patient_outline(voxels, tuple(cohort.cases[name]["spacing_mm"]))
    assert found.box == body_box(expected)
    for z in range(len(voxels)):
        np.testing.assert_array_equal(found[z], expected[z])
    monkeypatch.setattr(Outline, "find", None)
    (again,) = outlines_of(cohort.store, cohort.cases, [name]).values()
    assert again.box == found.box
    np.testing.assert_array_equal(again.bits, found.bits)


def test_a_damaged_file_is_found_anew(cohort, tmp_path):
    names = cohort.names[:1]
    (found,) = outlines_of(cohort.store, cohort.cases, names).values()
    (file,) = (tmp_path / "store" / FOLDER).iterdir()
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    (again,) = outlines_of(cohort.store, cohort.cases, names).values()
    np.testing.assert_array_equal(again.bits, found.bits)
    assert file.read_bytes() == content


def test_no_flipped_bit_changes_an_outline(cohort, tmp_path):
    names = cohort.names[:1]
    (found,) = outlines_of(cohort.store, cohort.cases, names).values()
    (file,) = (tmp_path / "store" / FOLDER).iterdir()
    random, noticed = np.random.default_rng(0), 0
    for _ in range(100):
        before = flip(file, random)
        read = module._read(cohort.store, f"{FOLDER}/{file.name}")
        noticed += read is None
        if read is not None:  # a bit that nothing reads, as of the date in an archive
            assert (read.box, read.width) == (found.box, found.width)
            np.testing.assert_array_equal(read.bits, found.bits)
        file.write_bytes(before)
    assert noticed > 50


def test_a_store_that_is_read_only_is_reported_and_used(cohort, monkeypatch, caplog):
    def refuse(*_):
        raise PermissionError("read-only")

    monkeypatch.setattr(module, "write_bytes", refuse)
    assert len(outlines_of(cohort.store, cohort.cases, cohort.names[:1])) == 1
    assert "could not be kept in the store" in caplog.text


def test_the_case_without_a_patient_is_named(cohort, monkeypatch):
    name = cohort.names[1]

    def nobody(*_):
        raise DataError("no patient is found")

    monkeypatch.setattr(Outline, "find", nobody)
    with pytest.raises(DataError, match=f"^{name}: no patient is found"):
        outlines_of(cohort.store, cohort.cases, [name])
