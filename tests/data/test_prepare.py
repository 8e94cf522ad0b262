"""Bad cases, patients, many processes, buckets, and runs that were killed."""

import multiprocessing
import os
import random
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lungseg.data import store as stores
from lungseg.data.cohort import open_cohort
from lungseg.data.lock import writing
from lungseg.data.parallel import Parallel
from lungseg.data.prepare import Rules, prepare
from lungseg.errors import ConfigError, DataError
from lungseg.sources.lctsc import LctscFolder

SKIP = Rules({"error": "error"}, skip_bad_cases=True)


def damage(root, case="Case_001"):
    file = sorted((root / "Images" / case).iterdir())[3]
    file.write_bytes(file.read_bytes()[:-50])


def content(store: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(store)): file.read_bytes()
        for file in store.rglob("*")
        if file.is_file()
    }


def rewrite(folder, **values):
    for file in folder.iterdir():
        dataset = pydicom.dcmread(file)
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        dataset.save_as(file)


def test_a_bad_case_is_left_out_and_told_of(three_cases, tmp_path):
    damage(three_cases)
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP)
    assert cohort.names == ["Case_000", "Case_002"]
    assert list(cohort.failed) == ["Case_001"]
    assert "truncated" in cohort.failed["Case_001"]
    assert open_cohort(tmp_path / "store") == cohort
    assert cohort.fingerprint()["failed"] == cohort.failed


def test_a_mended_case_comes_back(three_cases, tmp_path):
    file = sorted((three_cases / "Images" / "Case_001").iterdir())[3]
    whole = file.read_bytes()
    damage(three_cases)
    prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP)
    file.write_bytes(whole)
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP)
    assert cohort.failed == {}
    assert cohort.names == ["Case_000", "Case_001", "Case_002"]


def test_a_case_that_failed_is_not_read_again_before_something_changes(three_cases, tmp_path):
    damage(three_cases)
    prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP)
    before = content(tmp_path / "store")
    read = []
    again = prepare(
        LctscFolder(three_cases),
        tmp_path / "store",
        rules=SKIP,
        track=lambda names: read.extend(names) or names,
    )
    assert read == []
    assert list(again.failed) == ["Case_001"]
    assert content(tmp_path / "store") == before
    with pytest.raises(DataError, match="truncated"):
        prepare(LctscFolder(three_cases), tmp_path / "store")


def test_cases_without_mask_image_or_slices_are_bad_cases(three_cases, tmp_path):
    (three_cases / "Segmentations" / "Case_000_seg.npz").unlink()
    shutil.rmtree(three_cases / "Images" / "Case_001")
    for k in (3, 4):
        shutil.copytree(three_cases / "Images" / "Case_002", three_cases / "Images" / f"Case_00{k}")
        shutil.copy(
            three_cases / "Segmentations" / "Case_002_seg.npz",
            three_cases / "Segmentations" / f"Case_00{k}_seg.npz",
        )
    for file in (three_cases / "Images" / "Case_003").iterdir():
        file.unlink()
    with pytest.raises(DataError, match=r"Case_000 \(and 1 more\): no mask"):
        prepare(LctscFolder(three_cases), tmp_path / "store")
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP, say=lambda _: None)
    assert cohort.names == ["Case_002", "Case_004"]
    assert {name: reason.split(": ", 1)[0] for name, reason in cohort.failed.items()} == {
        name: name for name in ("Case_000", "Case_001", "Case_003")
    }
    assert "no mask" in cohort.failed["Case_000"]
    assert "no images" in cohort.failed["Case_001"]
    assert "no DICOM file" in cohort.failed["Case_003"]


def test_other_settings_read_anew(three_cases, tmp_path):
    read = []

    def run(settings):
        read.clear()
        prepare(
            LctscFolder(three_cases),
            tmp_path / "store",
            settings=settings,
            track=lambda names: read.extend(names) or names,
        )
        return len(read)

    assert [run("a"), run("a"), run("b")] == [3, 0, 3]


def test_parts_of_workers_that_outlive_their_parent_are_left_alone(tmp_path):
    part = tmp_path / ".part-Case_000-1"
    part.mkdir()
    with ThreadPoolExecutor(1) as pool:
        with writing(tmp_path):
            sweep = pool.submit(stores.sweep_parts, tmp_path)
            with pytest.raises(TimeoutError):
                sweep.result(timeout=0.3)
            assert part.exists()
        sweep.result(timeout=10)
    assert not part.exists()


def test_nothing_left_is_an_error_also_when_skipping(three_cases, tmp_path):
    for case in ("Case_000", "Case_001", "Case_002"):
        damage(three_cases, case)
    with pytest.raises(DataError, match="none of the 3 cases could be prepared: Case_000: "):
        prepare(LctscFolder(three_cases), tmp_path / "store", rules=SKIP)


class WithFinding(LctscFolder):
    """One case with a grave finding."""

    def read(self, case):
        found = super().read(case)
        if case == "Case_001":
            found.audit["findings"].append(
                {"code": "missing-slice", "severity": "error", "text": "1 slice is missing"}
            )
        return found


def test_a_finding_stops_a_case_or_warns(three_cases, tmp_path):
    source = WithFinding(three_cases)
    with pytest.raises(DataError, match=r"Case_001: 1 slice is missing \(missing-slice"):
        prepare(source, tmp_path / "a")
    assert stores.attributes(tmp_path / "a", "Case_001") is None
    taken = prepare(source, tmp_path / "a", rules=Rules({"error": "warn"}))
    assert taken.names == ["Case_000", "Case_001", "Case_002"]
    # Rules are those of today, whatever the store took before.
    with pytest.raises(DataError, match="missing-slice"):
        prepare(source, tmp_path / "a")
    skipped = prepare(source, tmp_path / "a", rules=SKIP)
    assert list(skipped.failed) == ["Case_001"]


def test_cases_of_one_patient_are_known(three_cases, tmp_path):
    rewrite(three_cases / "Images" / "Case_002", PatientID="PHANTOM-000")
    said = []
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store", say=said.append)
    assert cohort.patients == {
        "Case_000": "Case_000",
        "Case_001": "Case_001",
        "Case_002": "Case_000",
    }
    assert len(said) == 1
    assert "Case_000, Case_002: of one patient" in said[0]
    assert open_cohort(tmp_path / "store").patients == cohort.patients
    assert b"PHANTOM-0" not in b"".join(content(tmp_path / "store").values())


def test_cases_without_an_id_are_patients_of_their_own(three_cases, tmp_path):
    for case in ("Case_000", "Case_001", "Case_002"):
        rewrite(three_cases / "Images" / case, PatientID="")
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store")
    assert len(set(cohort.patients.values())) == 3


def test_one_id_for_all_is_one_patient_unless_told_otherwise(three_cases, tmp_path):
    for case in ("Case_000", "Case_001", "Case_002"):
        rewrite(three_cases / "Images" / case, PatientID="ANONYMOUS")
    said = []
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store", say=said.append)
    assert set(cohort.patients.values()) == {"Case_000"}
    assert "no split can part them" in said[0]
    told = prepare(LctscFolder(three_cases), tmp_path / "store", rules=Rules(patients="case"))
    assert len(set(told.patients.values())) == 3


def test_pages_stand_beside_the_cases_and_are_made_when_needed(three_cases, tmp_path):
    made = []

    def pages(cohort):
        made.append(cohort.names)
        return {"audit.txt": " ".join(cohort.names)}

    for _ in range(2):
        prepare(LctscFolder(three_cases), tmp_path / "store", pages=(("audit.txt",), pages))
    assert len(made) == 1
    (tmp_path / "store" / "audit.txt").unlink()
    prepare(LctscFolder(three_cases), tmp_path / "store", pages=(("audit.txt",), pages))
    assert len(made) == 2
    assert (tmp_path / "store" / "audit.txt").read_text() == "Case_000 Case_001 Case_002"


def test_a_store_that_is_up_to_date_is_not_written(three_cases, tmp_path):
    cohort = prepare(LctscFolder(three_cases), tmp_path / "store")
    (tmp_path / "store" / ".lock").unlink()
    assert prepare(LctscFolder(three_cases), tmp_path / "store") == cohort
    assert not (tmp_path / "store" / ".lock").exists()


@pytest.mark.parametrize("backend", ["loky", "dask", "ray"])
def test_side_by_side_as_one_by_one(three_cases, tmp_path, backend):
    pytest.importorskip({"dask": "distributed"}.get(backend, backend.replace("loky", "joblib")))
    damage(three_cases)
    one = prepare(LctscFolder(three_cases), tmp_path / "one", rules=SKIP)
    two = prepare(
        LctscFolder(three_cases), tmp_path / "two", rules=SKIP, parallel=Parallel(2, backend)
    )
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert (one.cases, one.failed) == (two.cases, two.failed)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"error": "stop"}, r"data.on_finding.error=stop: must be error \(stop\) or warn"),
        ({"grave": "warn"}, "data.on_finding.grave: there are error and warning"),
    ],
)
def test_rules_are_checked(wrong, message):
    with pytest.raises(ConfigError, match=message):
        Rules(wrong)


class Killed(LctscFolder):
    """Its process dies while it reads, as one does that takes too much memory."""

    def read(self, case):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_is_told_of(three_cases, tmp_path):
    with pytest.raises(DataError, match="for want of memory"):
        prepare(Killed(three_cases), tmp_path / "store", parallel=Parallel(2))


class FullDisk(LctscFolder):
    """The system fails while a case is read."""

    def read(self, case):
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_no_missing_cluster(three_cases, tmp_path):
    with pytest.raises(OSError, match="No space left on device"):
        prepare(FullDisk(three_cases), tmp_path / "store", parallel=Parallel(2))


class Slow(LctscFolder):
    """Tells of a case that it reads, and takes a while."""

    def read(self, case):
        (self.root / f"{case}.read").touch()
        time.sleep(1.5)
        return super().read(case)


def test_workers_whose_parent_was_killed_write_nothing_more(three_cases, tmp_path):
    context = multiprocessing.get_context("spawn")
    process = context.Process(
        target=prepare,
        args=(Slow(three_cases), tmp_path / "store"),
        kwargs={"parallel": Parallel(2)},
    )
    process.start()
    end = time.monotonic() + 60
    while len(list(three_cases.glob("*.read"))) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    process.kill()
    process.join(60)
    time.sleep(4)
    assert len(list(three_cases.glob("*.read"))) == 2  # none began the third
    assert not list((tmp_path / "store").glob("*.zarr"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"backend": "threads"}, "parallel.backend=threads: there are loky, dask, ray"),
        ({"n_jobs": 0}, "parallel.n_jobs=0: must be 1 or more, or -1"),
    ],
)
def test_settings_of_parallel_are_checked(wrong, message):
    with pytest.raises(ConfigError, match=message):
        Parallel(**wrong)


@pytest.fixture(scope="module")
def bucket():
    """An S3 server of its own, on this machine."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", port=0)
    pytest.importorskip("s3fs")
    server.start()
    host, port = server.get_host_and_port()
    patch = pytest.MonkeyPatch()
    patch.setenv("AWS_ACCESS_KEY_ID", "key")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    import fsspec

    fsspec.filesystem("s3").mkdir("scans")
    yield "s3://scans/store"
    patch.undo()
    server.stop()


@pytest.mark.parametrize("where", ["memory", "bucket"])
def test_a_store_behind_a_url(three_cases, tmp_path, where, request):
    url = "memory://scans/store" if where == "memory" else request.getfixturevalue("bucket")
    local = prepare(LctscFolder(three_cases), tmp_path / "store")
    there = prepare(
        LctscFolder(three_cases), url, pages=(("audit.txt",), lambda _: {"audit.txt": "seen"})
    )
    assert there.sha256 == local.sha256
    assert open_cohort(url).cases == there.cases
    for name in there.names:
        for here, far in zip(
            stores.open_arrays(local.store, name), stores.open_arrays(url, name), strict=True
        ):
            np.testing.assert_array_equal(here[:], far[:])
    # A changed case is replaced, the others are left alone.
    rewrite(three_cases / "Images" / "Case_001", PatientSex="O")
    read = []
    prepare(LctscFolder(three_cases), url, track=lambda names: read.extend(names) or names)
    assert read == ["Case_001"]
    assert open_cohort(url).cases["Case_001"]["fingerprint"]["sex"] == "O"


def test_half_a_case_in_a_bucket_is_no_case(three_cases, monkeypatch):
    import zarr

    url = "memory://half/store"
    case = LctscFolder(three_cases).read("Case_000")
    with monkeypatch.context() as patch:
        patch.setattr(zarr.core.attributes.Attributes, "put", lambda *_: 1 / 0)
        with pytest.raises(DataError, match="cannot be reached .ZeroDivisionError"):
            stores.write_case(url, case, "state")
    assert stores.attributes(url, "Case_000") is None
    stores.write_case(url, case, "state")
    assert stores.attributes(url, "Case_000") is not None


def test_a_url_of_no_known_kind_is_refused(three_cases):
    with pytest.raises(DataError, match="data.store: Protocol not known: nowhere"):
        prepare(LctscFolder(three_cases), "nowhere://store")


def test_killed_twenty_times_the_store_is_as_if_undisturbed(three_cases, tmp_path):
    context = multiprocessing.get_context("forkserver")  # its children start in no time
    context.set_forkserver_preload(["lungseg.data.prepare", "scipy.ndimage", "zarr"])
    source = LctscFolder(three_cases)

    def begin(store):
        process = context.Process(target=prepare, args=(source, store))
        process.start()
        return process, time.monotonic()

    for name in ("first", "undisturbed"):  # the first also waits for imports
        process, start = begin(tmp_path / name)
        process.join(120)
        assert process.exitcode == 0
    duration = time.monotonic() - start
    expected = content(tmp_path / "undisturbed")
    stages = set()
    for attempt in range(20):
        store = tmp_path / f"killed-{attempt}"
        process, _ = begin(store)
        time.sleep((attempt + random.random()) / 20 * duration)
        process.kill()
        process.join(60)
        stages.add(frozenset(content(store)) if store.exists() else frozenset())
        for case in store.glob("*.zarr"):
            assert stores.attributes(store, case.stem) is not None
        prepare(source, store)
        assert content(store) == expected
    assert len(stages) > 3  # the kills hit at different moments
