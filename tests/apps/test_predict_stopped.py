"""Whatever stops ``lungseg predict``, finished scans stay, none is half-written, and it resumes."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from lungseg.cli import main
from lungseg.inference import work
from tests.apps.predicted import contents, records


@pytest.fixture(scope="module")
def scans(phantom_root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("input") / "scans"
    for name in ("Case_008", "Case_009", "Case_010"):
        shutil.copytree(phantom_root / "Images" / name, folder / name)
    return folder


def test_a_full_disk_stops_one_scan_and_leaves_nothing_of_it(
    trained, scans, tmp_path, monkeypatch, capfd
):
    monkeypatch.chdir(tmp_path)
    wrote, write = [], work.write

    def full(one, folder, *arguments, **options):
        wrote.append(one)
        if len(wrote) == 4:  # the second file of the second scan
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(one, folder, *arguments, **options)

    monkeypatch.setattr(work, "write", full)
    words = ["predict", f"model={trained.run}", f"input={scans}", "output=masks"]
    assert main([*words, "formats=[nifti,nrrd]"]) == 1
    err = capfd.readouterr().err
    assert "1 of 3 scans failed, the others are done" in err
    assert "No space left on device" in err
    assert len(records(tmp_path / "masks")) == 2
    assert len([*(tmp_path / "masks").iterdir()]) == 2 + len({"predictions.html", ".lock"})
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert main([*words, "formats=[nifti,nrrd]"]) == 0
    assert len(records(tmp_path / "masks")) == 3


def test_two_at_once_in_one_folder_are_refused(trained, scans, refused, tmp_path):
    from filelock import FileLock

    (tmp_path / "masks").mkdir()
    with FileLock(tmp_path / "masks" / ".lock"):
        line = refused("predict", f"model={trained.run}", f"input={scans}", "output=masks")
    assert "output: another lungseg predict is writing there" in line


@pytest.mark.slow
def test_killed_at_ten_moments(trained, scans, tmp_path):
    """The same files as of an undisturbed run, and all of them in the end."""
    words = ["predict", f"model={trained.run}", f"input={scans}", "formats=[seg,rtstruct,nifti]"]

    def start(output):
        command = [sys.executable, "-m", "lungseg", *words, f"output={output}"]
        return subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    begun = time.monotonic()
    assert start("whole").wait() == 0
    duration = time.monotonic() - begun
    kills = 0
    for k in range(10):
        # From the first seconds, which imports take, to the very end.
        process = start("killed")
        try:
            process.wait(duration * (0.4 + 0.06 * k))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        # Every folder with a record is whole.
        done = records(tmp_path / "killed") if (tmp_path / "killed").exists() else {}
        for name, record in done.items():
            there = {file.name for file in (tmp_path / "killed" / name).iterdir()}
            assert {*record["files"], "overlay.png", "page.json", "prediction.json"} == there
        if k == 4:  # the rest of the kills meet a folder that has to be made again
            for name in done:
                shutil.rmtree(tmp_path / "killed" / name)
    assert kills
    assert start("killed").wait() == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    left = {path.name for path in (tmp_path / "killed").iterdir()}
    assert left == {*records(tmp_path / "whole"), "predictions.html", ".lock"}
