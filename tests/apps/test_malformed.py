"""Values that break the rules of their VR get no further than well-formed ones.

Libraries quote what they cannot convert, in errors, warnings and logs; so the real command is run.
"""

import re
import shutil
from importlib.util import find_spec

import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian

from tests.apps.test_deidentify import unpacked
from tests.conftest import Cli
from tests.dicom.compressed import rewrite
from tests.dicom.deidentify.malformed import (
    WAYS,
    malformed,
    plant,
    planted,
    rename_uids,
    save,
    set_raw,
)
from tests.dicom.write_rtstruct import write_rtstruct
from tests.dicom.write_seg import write_seg
from tests.sources.tree import contours, truth

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

# Values as they are planted, or their beginnings.
SHAPES = re.compile(rb"QZX[0-9]{5}|1\.2\.826\.0\.7319\.|-?7319[.,][0-9]{5}", re.IGNORECASE)
# Each is the only one of its case that is malformed: what is read may rest on it.
SINGLE = {
    "Case_003": ("ImageType", "numbers"),
    "Case_004": ("InstanceNumber", "numbers"),
    "Case_005": ("SliceThickness", "numbers"),
    "Case_006": ("PixelPaddingValue", "numbers"),
    "Case_007": ("RescaleType", "long"),
    "Case_008": ("SpecificCharacterSet", "numbers"),
}
SOURCES = {
    "tcia": ("data=tcia", "Images"),
    "dicomseg": ("data=dicomseg", "Images"),
    "lctsc": ("data=lctsc", ""),
    "nifti": ("data=nifti", ""),
}


def leaks(folder):
    """What was planted and found again, by file."""
    found = {}
    for path in folder.rglob("*"):
        parts = [path.name.encode()]
        if path.is_file():
            parts += unpacked(path.read_bytes())
        hits = {hit for part in parts for hit in SHAPES.findall(part)}
        if hits:
            found[path.relative_to(folder).as_posix()] = hits
    return found


def said(*done):
    return set().union(*(SHAPES.findall((one.stdout + one.stderr).encode()) for one in done))


def write_case(root, phantom_root, case):
    """Images, npz, RTSTRUCT and SEG of a case; the files of DICOM."""
    folder = root / "Images" / case
    shutil.copytree(phantom_root / "Images" / case, folder)
    (root / "Segmentations").mkdir(exist_ok=True)
    shutil.copy(phantom_root / "Segmentations" / f"{case}_seg.npz", root / "Segmentations")
    images = sorted(folder.iterdir())
    read, lungs = truth(phantom_root, case)
    head = pydicom.dcmread(images[0], stop_before_pixels=True)
    structures = {
        "Lung_L": contours(lungs["left"], read.volume.affine),
        "Lung_R": contours(lungs["right"], read.volume.affine),
        "QZX00000Z": contours(lungs["left"], read.volume.affine),
    }
    write_rtstruct(
        folder / "structures",
        structures,
        head.SeriesInstanceUID,
        head.FrameOfReferenceUID,
        patient_id=head.PatientID,
        study_uid=head.StudyInstanceUID,
    )
    segments = {
        "Left Lung": lungs["left"],
        "Right Lung": lungs["right"],
        "QZX00000Z": lungs["left"],
    }
    write_seg(folder / "segments", segments, read.volume.affine, images)
    files = [*images, folder / "structures", folder / "segments"]
    for file in files:
        if pydicom.dcmread(file).file_meta.TransferSyntaxUID != ExplicitVRLittleEndian:
            rewrite(file, ExplicitVRLittleEndian)
    return files


@pytest.fixture(scope="module")
def root(phantom_root, tmp_path_factory):
    root = tmp_path_factory.mktemp("malformed") / "source"
    for k, way in enumerate(WAYS):
        files = write_case(root, phantom_root, f"Case_{k:03d}")
        values = planted(10000 * k, way)
        # Control characters in an ID are taken for damage, as the test at the end tells.
        set_raw(
            values, "PatientID", malformed("LO", 9000 + k, way).translate(None, b"\x07\r\n\x1b")
        )
        if way != "numbers":  # several values are allowed, and kept
            set_raw(values, "SoftwareVersions", malformed("LO", 9100 + k, way))
        # Of a scanner 64 letters are kept.
        set_raw(values, "Manufacturer", b"Maker\x07" + b"m" * 64 + malformed("LO", 9200 + k, way))
        for file in files:
            dataset = pydicom.dcmread(file)
            plant(dataset, values)
            save(dataset, file)
        rename_uids(files, way)
    for n, (case, (keyword, way)) in enumerate(SINGLE.items()):
        for file in write_case(root, phantom_root, case):
            dataset = pydicom.dcmread(file)
            vr = pydicom.datadict.dictionary_VR(keyword).split(" or ")[0]
            set_raw(dataset, keyword, malformed(vr, 9300 + n, way))
            if keyword == "SpecificCharacterSet":
                set_raw(dataset, "PatientID", b"P\xfc\xe910")
            save(dataset, file)
    assert len(leaks(root)) > 100
    return root


@pytest.fixture(scope="module")
def prepared(root, tmp_path_factory):
    """What each source prints and writes, two cases at once."""
    done = {}
    for name, (data, below) in SOURCES.items():
        folder = tmp_path_factory.mktemp(name)
        more = ['data.images="Images/{case}"', 'data.masks="Segmentations/{case}_seg.npz"']
        done[name] = (
            folder,
            Cli(folder)(
                *("prepare", data, f"data.root={root / below}", "data.on_finding=warn"),
                *(
                    "data.skip_bad_cases=true",
                    "parallel.n_jobs=2",
                    *(more if name == "nifti" else []),
                ),
            ),
        )
    return done


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
def test_preparing_says_and_writes_nothing(prepared, source):
    folder, done = prepared[source]
    assert done.returncode == 0, done.stderr
    assert not said(done)
    assert list((folder / "outputs").rglob("*.zarr"))
    assert not leaks(folder)
    # The three with a malformed value in every attribute are read like any other.
    audit = (folder / "outputs").rglob("cohort.json")
    text = next(audit).read_text()
    assert all(f"Case_{k:03d}" in text for k in range(3))


@pytest.mark.slow
def test_training_and_evaluating_say_and_write_nothing(root, prepared):
    folder, _ = prepared["lctsc"]
    cli = Cli(folder)
    small = ("split=fraction", "trainer.max_epochs=1", "model.base_channels=4", "model.depth=2")
    source = ("data=lctsc", f"data.root={root}", "data.on_finding=warn", "data.skip_bad_cases=true")
    trained = cli("train", *source, *small, "data.num_workers=2", "hydra.run.dir=outputs/run")
    assert trained.returncode == 0, trained.stderr
    evaluated = cli("evaluate", "run=outputs/run")
    assert evaluated.returncode == 0, evaluated.stderr
    assert not said(trained, evaluated)
    assert list((folder / "outputs" / "wandb").glob("offline-run-*/*.wandb"))
    assert not leaks(folder)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("hydra_plugins.hydra_joblib_launcher") is None, reason="an extra")
def test_jobs_of_a_sweep_that_read_the_files_say_and_write_nothing(root, tmp_path):
    """Each in a process of its own, which prepares by itself."""
    done = Cli(tmp_path)(
        *("prepare", "-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"),
        *("data=tcia", f"data.root={root / 'Images'}", "data.on_finding=warn"),
        *("data.skip_bad_cases=true", f"data.store={tmp_path / 'a'},{tmp_path / 'b'}"),
    )
    assert done.returncode == 0, done.stderr
    assert not said(done)
    assert all((tmp_path / name / "cohort.json").is_file() for name in "ab")
    assert not leaks(tmp_path)


@pytest.mark.slow
def test_copies_hold_nothing(root, tmp_path):
    done = Cli(tmp_path)("deidentify", f"input={root}", "output=copies", "key=key")
    assert done.returncode == 0, done.stderr
    assert not said(done)
    n_files = len([file for file in (root / "Images").rglob("*") if file.is_file()])
    copies = list((tmp_path / "copies").rglob("*.dcm"))
    assert len(copies) == n_files
    assert not leaks(tmp_path)
    again = Cli(tmp_path)(
        *("prepare", "data=tcia", "data.root=copies", "data.cases=patient", "data.on_finding=warn")
    )
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize("keyword", ["PatientID", "StudyInstanceUID", "FrameOfReferenceUID"])
@pytest.mark.parametrize("source", ["tcia", "lctsc"])
def test_control_characters_in_an_id_are_refused(phantom_root, tmp_path, refused, source, keyword):
    vr = pydicom.datadict.dictionary_VR(keyword)
    for file in write_case(tmp_path / "source", phantom_root, "Case_000"):
        dataset = pydicom.dcmread(file)
        set_raw(dataset, keyword, malformed(vr, 1, "letters"))
        save(dataset, file)
    data, below = SOURCES[source]
    line = refused("prepare", data, f"data.root={tmp_path / 'source' / below}")
    assert "PatientID or a UID contains control characters" in line
    assert not SHAPES.search(line.encode())
    assert not leaks(tmp_path / "outputs")
