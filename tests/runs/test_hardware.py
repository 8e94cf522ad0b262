"""The machine is recorded by what it is, not by its name."""

import json
import os
import re
import shutil
import subprocess

import pytest

from lungseg.runs import hardware as module
from lungseg.runs.hardware import hardware


def test_cores_and_memory_are_those_that_the_system_counts():
    found = hardware()
    assert set(found) == {"cpu", "cores", "memory_gib"}
    assert found["cores"] == os.sysconf("SC_NPROCESSORS_ONLN")
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert found["memory_gib"] == pytest.approx(pages / 2**30, abs=0.06)
    json.dumps(found, allow_nan=False)


@pytest.mark.skipif(shutil.which("lscpu") is None, reason="no lscpu here")
def test_the_processor_is_the_one_that_lscpu_names():
    done = subprocess.run(
        ["lscpu"], capture_output=True, text=True, check=True, env=os.environ | {"LC_ALL": "C"}
    )
    named = re.search(r"^Model name:\s*(.*)$", done.stdout, re.MULTILINE)
    assert named is not None
    assert hardware()["cpu"] == named[1]


def test_where_the_system_does_not_tell_the_processor_is_not_known(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "none")
    monkeypatch.setattr(module.platform, "processor", lambda: "")
    assert hardware()["cpu"] is None
