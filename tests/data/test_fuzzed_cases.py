"""With any damage, a case is prepared completely or left out, and others are unaffected."""

import random
import shutil

import pydicom
import pytest

from lungseg.data import store as stores
from lungseg.data.cohort import open_cohort
from lungseg.data.prepare import prepare
from lungseg.data.rules import Rules
from lungseg.sources.lctsc import LctscFolder
from tests.dicom.fuzz import mutate

N = 60
GOOD = ["Case_001", "Case_002"]
SKIP = Rules({"error": "error"}, skip_bad_cases=True)
IDENTIFYING = ("PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID",
               "SOPInstanceUID", "FrameOfReferenceUID", "StudyDate")  # fmt: skip


def values(folder):
    """What the headers hold that tells whose they are."""
    found = set()
    for file in folder.iterdir():
        header = pydicom.dcmread(file, stop_before_pixels=True)
        found |= {str(header[name].value) for name in IDENTIFYING if name in header}
    return {value for value in found if len(value) > 3}


@pytest.fixture(scope="module")
def source(phantom_root, tmp_path_factory):
    root = tmp_path_factory.mktemp("fuzzed") / "source"
    (root / "Segmentations").mkdir(parents=True)
    for case in ("Case_000", *GOOD):
        shutil.copytree(phantom_root / "Images" / case, root / "Images" / case)
        mask = f"{case}_seg.npz"
        shutil.copy(phantom_root / "Segmentations" / mask, root / "Segmentations" / mask)
    return root


def test_a_mutated_file_leaves_no_partial_case(source, tmp_path):
    folder, store = source / "Images" / "Case_000", tmp_path / "store"
    files = sorted(folder.iterdir())
    secrets = values(folder) | {str(source), *(file.name for file in files)}
    assert len(secrets) > len(files) + 4
    chance = random.Random(0)
    good = prepare(LctscFolder(source), store, rules=SKIP)
    whole = {name: good.cases[name]["content_sha256"] for name in GOOD}
    n_slices = len(files)
    seen = {"whole": 0, "failed": 0}
    for k in range(N):
        file = chance.choice(files)
        content = file.read_bytes()
        file.write_bytes(mutate(content, chance, file))
        shutil.rmtree(store / "Case_000.zarr", ignore_errors=True)
        cohort = prepare(LctscFolder(source), store, rules=SKIP, say=lambda _: None)
        file.write_bytes(content)

        assert {name: cohort.cases[name]["content_sha256"] for name in GOOD} == whole, k
        for name in GOOD:
            stores.open_arrays(store, name)
        assert open_cohort(store) == cohort
        assert not [left for left in store.rglob("*") if ".part" in left.name], k
        assert {*cohort.failed} | {*cohort.cases} == {"Case_000", *GOOD}
        if "Case_000" in cohort.failed:
            seen["failed"] += 1
            assert not (store / "Case_000.zarr").exists()
            reason = cohort.failed["Case_000"]
            assert reason.startswith("Case_000: ")
            assert reason.isprintable(), k
            assert not [secret for secret in secrets if secret in reason], reason
            continue
        seen["whole"] += 1
        image, mask = stores.open_arrays(store, "Case_000")
        assert image.shape == mask.shape == (n_slices, *image.shape[1:])
        assert image[:].size == cohort.cases["Case_000"]["fingerprint"]["n_voxels"]
        assert mask[:].sum() == cohort.cases["Case_000"]["fingerprint"]["n_positive"] > 0
    assert min(seen.values()) >= N // 10, seen
