"""Mutated files are read or refused in one line; the process neither crashes, hangs nor grows.

The files are mutated and read in a process of its own: a decoder that crashes takes only that one.
"""

import subprocess
import sys
from pathlib import Path

import pytest

SECONDS_A_FILE = 5
MIB = 1500  # the process's peak; imports and decoders alone take about 150

SCRIPT = Path(__file__).with_name("fuzz.py")


@pytest.mark.parametrize("n", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_mutated_files(tmp_path, n):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), str(n), str(SECONDS_A_FILE), str(MIB)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, (done.returncode, done.stdout[-500:], done.stderr[-2000:])
    read, refused = (int(word) for word in done.stdout.split())
    assert read + refused == n
    assert read > n // 20  # mutations that change pixels or unimportant attributes only
    assert refused > n // 4
