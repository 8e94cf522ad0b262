"""Files that are written whole or not at all."""

import errno
import hashlib
import os

import pytest

from lungseg.errors import describe
from lungseg.files import replacing, sha256_of, short, write_json, write_text


def test_short(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert short(tmp_path / "here" / "a" / "b") == "a/b"
    assert short(tmp_path / "there") == str(tmp_path / "there")


def test_after_an_error_the_file_is_as_it_was(tmp_path):
    file = tmp_path / "new" / "a.npz"
    with replacing(file) as part:
        assert part.suffix == ".npz"
        part.write_text("old")

    def stopped():
        with replacing(file) as part:
            part.write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert file.read_text() == "old"
    assert [path.name for path in file.parent.iterdir()] == ["a.npz"]


def test_a_full_disk_is_reported_with_the_name_of_the_file(tmp_path):
    def fill(named):
        with replacing(tmp_path / "a.csv") as part:
            part.write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(part) if named else None)

    for named in (False, True):
        with pytest.raises(OSError, match="No space left on device") as caught:
            fill(named)
        assert describe(caught.value) == f"No space left on device [{tmp_path / 'a.csv'}]"
        assert not any(tmp_path.iterdir())


def test_the_reason_is_not_hidden_by_an_error_in_closing(tmp_path):
    """As by matplotlib, which then lacks what it did not come to set."""

    def write(part):
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            part.pos  # noqa: B018

    with pytest.raises(OSError, match=r"No space left on device.*a\.pdf"), \
            replacing(tmp_path / "a.pdf") as part:  # fmt: skip
        write(part)
    with pytest.raises(ValueError, match="mine"), replacing(tmp_path / "a.pdf"):
        raise ValueError("mine")


def test_names_of_files_that_are_not_utf_8(tmp_path):
    write_text(tmp_path / "a", "R\udcf6ntgen ö")
    assert (tmp_path / "a").read_bytes() == b"R\xf6ntgen \xc3\xb6"


def test_json_has_no_nan(tmp_path):
    write_json(tmp_path / "a", {"x": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a", {"x": float("nan")})
    assert (tmp_path / "a").read_text() == '{\n  "x": 1\n}\n'


def test_hash(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc").digest()
