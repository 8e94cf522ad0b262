"""Mutated files are read or refused in one line; the process neither dies, hangs nor swells.

The files are mutated and read in a process of its own: a decoder that crashes takes only that one.
"""

import subprocess
import sys
from pathlib import Path

N = 2000
SECONDS_A_FILE = 5
MIB = 1500  # the process's peak; imports and decoders alone take about 150

SCRIPT = Path(__file__).with_name("fuzz.py")


def test_2000_mutated_files(tmp_path):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), str(N), str(SECONDS_A_FILE), str(MIB)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, (done.returncode, done.stdout[-500:], done.stderr[-2000:])
    read, refused = (int(word) for word in done.stdout.split())
    assert read + refused == N
    assert read > N // 20  # mutations that change pixels or unimportant attributes only
    assert refused > N // 4
