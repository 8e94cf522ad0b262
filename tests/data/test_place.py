"""Stores at URLs."""

import logging
import time

import fsspec
import numpy as np
import pytest
from torch.utils.data import DataLoader

from lungseg.data import store as stores
from lungseg.data.cohort import open_cohort
from lungseg.data.dataset import SliceDataset
from lungseg.data.intensity import Window
from lungseg.data.network_input import NetworkInput
from lungseg.data.pages import Pages
from lungseg.data.prepare import prepare
from lungseg.errors import DataError
from lungseg.sources.lctsc import LctscFolder
from tests.data.tampering import rewrite


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
        LctscFolder(three_cases), url, pages=Pages(("audit.txt",), lambda _: {"audit.txt": "seen"})
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
    # Damage is noticed, and mended by the next preparation.
    files, path = fsspec.core.url_to_fs(f"{url}/Case_002.zarr/mask/c.3.0.0")
    chunk = files.cat_file(path)
    files.pipe_file(path, chunk[:9] + bytes([chunk[9] ^ 4]) + chunk[10:])
    with pytest.raises(DataError, match="Case_002: mask/c.3.0.0 is damaged in the store"):
        stores.open_arrays(url, "Case_002")[1][:]
    prepare(LctscFolder(three_cases), url, track=lambda names: read.extend(names) or names)
    assert read == ["Case_001", "Case_002"]
    np.testing.assert_array_equal(
        stores.open_arrays(url, "Case_002")[1][:], stores.open_arrays(local.store, "Case_002")[1][:]
    )
    assert open_cohort(url).cases["Case_002"] == there.cases["Case_002"]


def test_workers_read_a_bucket_that_their_parent_has_opened(three_cases, bucket):
    cohort = prepare(LctscFolder(three_cases), f"{bucket}_of_workers")
    data = SliceDataset(cohort, cohort.names, NetworkInput(Window(-1000, 400)), {})
    items = [0, 1, len(data) - 1]  # of two cases
    expected = data.batch([data[item] for item in items])
    loader = DataLoader(
        data,
        batch_sampler=[items],
        collate_fn=data.batch,
        num_workers=1,
        multiprocessing_context="fork",
    )
    (batch,) = loader
    for key, values in expected.items():
        np.testing.assert_array_equal(batch[key], values)


def settled(caplog):
    """Wait for the server, which logs a request after it has answered; how many it has logged."""
    logged = -1
    while logged != len(caplog.records):
        logged = len(caplog.records)
        time.sleep(0.3)
    return logged


def test_a_bucket_is_asked_for_nothing_twice(three_cases, bucket, caplog):
    url = f"{bucket}_of_requests"
    prepare(LctscFolder(three_cases), url)
    with caplog.at_level(logging.INFO, "werkzeug"):
        settled(caplog)
        caplog.clear()
        image, _ = stores.open_arrays(url, "Case_000")
        opening = settled(caplog)
        image[3]
        settled(caplog)
    # Of the case and twice of both arrays the description, and a list of their slices.
    assert opening == 7
    assert len(caplog.records) == 8


def test_half_a_case_in_a_bucket_is_not_a_case(three_cases, monkeypatch):
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
