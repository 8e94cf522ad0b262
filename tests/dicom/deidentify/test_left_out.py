"""Files and folders that are not copied."""

import os

import pytest
from pydicom.uid import (
    SecondaryCaptureImageStorage,
)

from lungseg.dicom.deidentify.file import Outcome, deidentify_file
from lungseg.dicom.deidentify.tree import deidentify_tree
from lungseg.errors import ConfigError, DataError
from tests.dicom.deidentify.copies import clean_ct, options


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"BurnedInAnnotation": "YES"}, "text burned into the image"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "a picture of a screen"),
        ({"ConversionType": "WSD"}, "a picture of a screen"),
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "neither CT nor"),
        ({"ImagePositionPatient": None}, "an image without a place in the patient"),
        ({"Rows": 5}, "damaged"),
    ],
)
def test_what_is_left_out(tmp_path, values, reason):
    clean_ct(tmp_path / "in", 1)
    clean_ct(tmp_path / "in", 2, **values)
    account = deidentify_tree(tmp_path / "in", tmp_path / "out", options())
    assert sum(account.files.values()) == 1
    ((left, count),) = account.left_out.items()
    assert (left.startswith(reason), count) == (True, 1)


def test_an_instance_twice_is_copied_once(tmp_path):
    clean_ct(tmp_path / "in" / "a", 1)
    clean_ct(tmp_path / "in" / "b", 1)
    account = deidentify_tree(tmp_path / "in", tmp_path / "out", options())
    assert account.left_out == {"the same SOPInstanceUID again": 1}


def test_folders_that_would_mix_are_refused(tmp_path):
    clean_ct(tmp_path / "in", 1)
    for output in ("in", "in/out", "."):
        with pytest.raises(ConfigError, match="output: must be outside"):
            deidentify_tree(tmp_path / "in", tmp_path / output, options())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(ConfigError, match="is not empty"):
        deidentify_tree(tmp_path / "in", tmp_path / "full", options())
    with pytest.raises(DataError, match="no such folder"):
        deidentify_tree(tmp_path / "none", tmp_path / "out", options())


def test_nothing_remains_after_an_error(tmp_path):
    clean_ct(tmp_path / "in", 1, BurnedInAnnotation="YES")
    with pytest.raises(DataError, match="nothing to copy"):
        deidentify_tree(tmp_path / "in", tmp_path / "out", options())
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_reading_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.dcm")
    assert deidentify_file(tmp_path / "pipe.dcm", tmp_path / "out", options()) == Outcome(
        "no regular file"
    )
