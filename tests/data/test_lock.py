"""Half-written cases, and stores whose process was killed."""

import multiprocessing
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lungseg.data import store as stores
from lungseg.data.lock import writing
from lungseg.data.prepare import prepare
from lungseg.sources.lctsc import LctscFolder
from tests.data.tampering import content


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


def n_files(store):
    """Files in a store that is being written: some vanish while they are counted."""
    return sum(len(files) for _, _, files in os.walk(store))


@pytest.mark.slow
def test_killed_twenty_times_the_store_is_as_if_undisturbed(three_cases, tmp_path):
    context = multiprocessing.get_context("forkserver")  # its children start in no time
    context.set_forkserver_preload(["lungseg.data.prepare", "scipy.ndimage", "zarr"])
    source = LctscFolder(three_cases)

    def begin(store):
        process = context.Process(target=prepare, args=(source, store))
        process.start()
        return process

    process = begin(tmp_path / "undisturbed")
    process.join(120)
    assert process.exitcode == 0
    expected = content(tmp_path / "undisturbed")
    stages = set()
    for attempt in range(20):
        store = tmp_path / f"killed-{attempt}"
        process = begin(store)
        # By what is written already, and not by time: other work makes it slower or faster.
        while process.is_alive() and n_files(store) < attempt / 20 * len(expected):
            time.sleep(0.001)
        time.sleep(random.random() / 100)
        process.kill()
        process.join(60)
        stages.add(frozenset(content(store)) if store.exists() else frozenset())
        for case in store.glob("*.zarr"):
            assert stores.attributes(store, case.stem) is not None
        prepare(source, store)
        assert content(store) == expected
    assert len(stages) > 10  # the kills hit at different moments
