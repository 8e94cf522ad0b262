"""Names and UIDs in any encoding reach no log."""

import os
import re
from pathlib import Path

import pydicom
import pytest

from tests.conftest import Cli
from tests.dicom.deidentify.malformed import save, set_raw
from tests.sources.odd_files import everything, slices

NAMES = {
    "CP1252": "Röntgen 5".encode("cp1252"),
    "CP936": "肺部扫描".encode("cp936"),
    "CP932": "肺の画像".encode("cp932"),
}


class TestNamesInAnyEncoding:
    """Names from ZIP archives made on Windows are no UTF-8."""

    @pytest.mark.parametrize(
        ("encoding", "what"),
        [
            *(("CP1252", what) for what in ("slice", "text beside", "folder", "case folder")),
            *(("CP936", "slice"), ("CP932", "case folder")),
        ],
    )
    def test_prepare_and_deidentify(self, case, tmp_path, encoding, what):
        n_files = len(everything(case))
        name = NAMES[encoding]
        with pytest.raises(UnicodeDecodeError):
            name.decode()
        root = os.fsencode(case.root)
        first = os.fsencode(slices(case)[0])
        if what == "slice":
            os.rename(first, os.path.join(os.path.dirname(first), name))
        elif what == "text beside":
            Path(os.fsdecode(os.path.join(os.path.dirname(first), name + b".txt"))).write_bytes(
                name
            )
        elif what == "folder":
            os.rename(os.path.dirname(first), os.path.join(root, b"P1", name))
        else:
            os.rename(os.path.join(root, b"P1"), os.path.join(root, name))
        cli = Cli(tmp_path)
        done = cli("prepare", "data=tcia", f"data.root={case.root}", "data.on_finding=warn")
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert re.search(r"\b1 case", done.stdout)
        copied = cli("deidentify", f"input={case.root}", "output=copies")
        assert copied.returncode == 0, copied.stderr
        assert len(list((tmp_path / "copies").rglob("*.dcm"))) == n_files


UIDS = {
    "leading zero": ("StudyInstanceUID", b"1.2.826.0.1.3680043.8.971.00.3788134460220423"),
    "hash": ("SeriesInstanceUID", b"3788134460220423ab1f9e0cc5d5a7b1"),
    "letters": ("FrameOfReferenceUID", b"1.2.ABC.3788134460220423"),
    "too long": ("StudyInstanceUID", b"1.2.3788134460220423." + b"9" * 80),
    "other letters": ("StudyInstanceUID", b"1.2.3788134460220423.\xe9\xfc"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", UIDS)
def test_malformed_uids_are_in_no_log(kind, case, tmp_path):
    """They are compared like any other, and quoted nowhere."""
    expected = case.read()
    keyword, value = UIDS[kind]
    old = str(pydicom.dcmread(slices(case)[0])[keyword].value)

    def replace(ds):
        for element in ds:
            if element.VR == "SQ":
                for one in element.value:
                    replace(one)
            elif element.VR == "UI" and element.value == old:
                set_raw(ds, element.keyword, value)

    for file in everything(case):
        ds = pydicom.dcmread(file)
        replace(ds)
        save(ds, file)
        assert b"3788134460220423" in file.read_bytes()
    made = case.read()
    assert made.content == expected.content
    assert made.findings == expected.findings
    cli = Cli(tmp_path)
    prepared = cli("prepare", "data=tcia", f"data.root={case.root}")
    copied = cli("deidentify", f"input={case.root}", "output=copies")
    for done in (prepared, copied):
        assert done.returncode == 0, done.stderr
        assert "3788134460220423" not in done.stdout + done.stderr
    files = [
        path
        for top in ("outputs", "copies")
        for path in (tmp_path / top).rglob("*")
        if path.is_file()
    ]
    assert any(path.suffix == ".log" for path in files)
    assert not [path for path in files if b"3788134460220423" in path.read_bytes()]
