"""The command as a hospital uses it; and that nothing passes where it was not used."""

import base64
import gzip
import io
import re
import shutil
import stat
import zipfile
import zlib

import pydicom
import pytest
from PIL import Image

from tests.conftest import Cli
from tests.dicom.deidentify.canaries import INNER, MARK, OUTER, Canaries

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


PLACE = f"{MARK}99999Z"
"""In names of folders and files."""


def unpacked(content):
    """Bytes, and what is packed in them: gzip, zip, PDF streams, texts of PNG, data in HTML."""
    yield content
    if content[:2] == b"\x1f\x8b":
        yield from unpacked(gzip.decompress(content))
    elif content[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from unpacked(archive.read(name))
    elif content[:4] == b"\x89PNG":
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            yield repr(picture.info).encode()
    elif content[:4] == b"%PDF":
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
            if stream[:1] == b"\x78":
                yield zlib.decompressobj().decompress(stream)
    for text in re.findall(rb";base64,([A-Za-z0-9+/]{100,}={0,2})", content):
        yield from unpacked(base64.b64decode(text))


# What planted values look like; numbers count only where they are none of a longer number.
SHAPES = re.compile(
    rb"(?=(QZX[0-9]{5}Z|1\.2\.826\.0\.7319\.|235917\.0|-7319\.[0-9]{5}"
    rb"|(?<![0-9.])(?:18[0-9]{6}|7319[0-9]{5})(?![0-9])))",
    re.IGNORECASE,
)


def hits(content, needles):
    """The planted values, or their beginnings, that some bytes hold."""
    return {
        hit
        for hit in {match[1].upper() for match in SHAPES.finditer(content)}
        if not hit[:1].isdigit() or b"." in hit or hit in needles
    }


def leaks(folder, needles):
    """Files below a folder whose name or content holds a planted value."""
    found, files = set(), 0
    for path in folder.rglob("*"):
        parts = [path.name.encode()]
        if path.is_file():
            files += 1
            parts += unpacked(path.read_bytes())
        found |= {(str(path.relative_to(folder)), hit) for p in parts for hit in hits(p, needles)}
    assert files
    return found


@pytest.fixture(scope="module")
def unclean(phantom_root, tmp_path_factory):
    """Three cases with a value in each attribute of PS3.15's table, and what to look for."""
    root = tmp_path_factory.mktemp("unclean") / f"{PLACE}hospital"
    needles = {PLACE.encode()}
    for n in range(3):
        name = f"Case_{n:03d}"
        canaries = Canaries()
        canaries.count = 10000 * n  # other values in each case
        planted = pydicom.Dataset()
        canaries.everywhere(planted)
        planted.PatientIdentityRemoved = "NO"
        for k, file in enumerate(sorted((phantom_root / "Images" / name).glob("*.dcm"))):
            dataset = pydicom.dcmread(file)
            syntax = dataset.file_meta.TransferSyntaxUID
            dataset.update(planted)
            dataset.SOPInstanceUID = f"{planted.SOPInstanceUID}.{k}"
            canaries.save(dataset, root / "Images" / name / f"{PLACE}{file.name}", syntax)
        (root / "Segmentations").mkdir(exist_ok=True)
        shutil.copy(phantom_root / "Segmentations" / f"{name}_seg.npz", root / "Segmentations")
        needles |= canaries.needles
    # An age of four letters is met by chance in megabytes of weights.
    needles.discard(b"973Y")
    assert all(hits(needle, needles) for needle in needles)
    return root, needles


@pytest.mark.slow
def test_prepare_train_and_evaluate_let_nothing_further(unclean, tmp_path):
    root, needles = unclean
    cli = Cli(tmp_path)
    source = ("data=lctsc", f"data.root={root}")
    prepared = cli("prepare", *source)
    assert prepared.returncode == 0, prepared.stderr
    assert "PatientName" in prepared.stdout  # met, and said so
    done = cli(
        *("train", *source, "split=fraction", "trainer.max_epochs=1"),
        *("model.base_channels=4", "model.depth=2", "hydra.run.dir=outputs/run"),
    )
    assert done.returncode == 0, done.stderr
    again = cli("evaluate", "run=outputs/run")
    assert again.returncode == 0, again.stderr
    assert list((tmp_path / "outputs" / "wandb").glob("offline-run-*/*.wandb"))
    assert list((tmp_path / "outputs").rglob("*.zarr"))
    assert not leaks(tmp_path / "outputs", needles)
    screen = "".join(one.stdout + one.stderr for one in (prepared, done, again)).encode()
    assert not hits(screen, needles) - {PLACE.encode()}


def test_copies_and_logs_hold_nothing(unclean, tmp_path):
    root, needles = unclean
    cli = Cli(tmp_path)
    done = cli("deidentify", f"input={root}", "output=copies", f"key={PLACE}.key")
    assert done.returncode == 0, done.stderr
    assert "3 patient(s)" in done.stdout
    assert "left out: 3 (no DICOM file)" in done.stdout
    key = tmp_path / f"{PLACE}.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert not leaks(tmp_path / "copies", needles) | leaks(tmp_path / "outputs", needles)
    secret = key.read_bytes()
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path != key]
    assert not [path for path in files if secret in path.read_bytes()]


def test_the_same_key_gives_the_same_copies(three_cases, tmp_path):
    cli = Cli(tmp_path)
    trees = []
    for name in ("a", "b", "c"):
        key = ["key=key"] if name != "c" else []
        done = cli("deidentify", f"input={three_cases}", f"output={name}", *key)
        assert done.returncode == 0, done.stderr
        files = sorted((tmp_path / name).rglob("*.dcm"))
        trees.append({str(f.relative_to(tmp_path / name)): f.read_bytes() for f in files})
    assert trees[0] == trees[1]
    assert not set(trees[0]) & set(trees[2])
    assert "for this run only" in done.stdout


def test_a_damaged_file_is_told_and_the_others_are_copied(three_cases, tmp_path):
    file = next((three_cases / "Images" / "Case_001").glob("*.dcm"))
    file.write_bytes(file.read_bytes()[:-100])
    done = Cli(tmp_path)("deidentify", f"input={three_cases}", "output=copies")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"{file.name}: a value ends beyond the file" in done.stderr
    assert "1 damaged file(s) left out; the others are copied" in done.stderr
    audit = (tmp_path / "copies" / "deidentify.csv").read_text()
    assert "left out: damaged: a value ends beyond the file,1," in audit
    assert file.name not in audit
    assert file.name not in "".join(log.read_text() for log in tmp_path.rglob("*.log"))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["input=none", "output=out"], "input: no such folder"),
        (["input=source", "output=source/out"], "output: must be outside input"),
        (["input=source", "output=out", "key=out/key"], "key: must not be inside output"),
        (["input=source", "output=out", "key=short"], "key: has 5 bytes; at least 16"),
        (["input=source"], "output: must be given"),
        (["input=source", "output=out"], "input: nothing to copy"),
    ],
)
def test_refusals(refused, tmp_path, arguments, line):
    (tmp_path / "source").mkdir()
    (tmp_path / "short").write_text("12345")
    assert line in refused("deidentify", *arguments)
    assert not (tmp_path / "out").exists()


def test_the_deepest_values_are_planted(unclean):
    root, _ = unclean
    dataset = pydicom.dcmread(next(root.rglob("*.dcm")))
    assert MARK in str(dataset[OUTER].value[0][INNER].value[0].PatientName)
