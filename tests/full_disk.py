"""Commands on a small file system that is filled, run as a program in a namespace of its own.

``unshare -Urm python -m tests.full_disk FOLDER MOMENTS WORD...`` copies a folder onto a file system
in memory and runs the command there, each time with a little more room, then with plenty. Prints one
JSON object per run: bytes of room, exit code, error output, all files by name and hash, and which of
them are not whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.forked import Forked

PAGE = 4096
ENDS = {".html": b"</html>", ".png": b"IEND\xaeB`\x82", ".pdf": b"%%EOF"}


def main(template: str, moments: str, *words: str) -> None:
    """Run the command in one copy without limit, to see what it takes, then in a filled one."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", folder], check=True)
        try:
            needed = _measure(Path(folder), template, words)
            _fill_up(Path(folder), template, words, needed, int(moments))
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def _measure(folder: Path, template: str, words: tuple[str, ...]) -> int:
    work = _copy(template, folder / "whole")
    before = _free(folder)
    _run(work, words, None)
    return before - _free(folder)


def _fill_up(
    folder: Path, template: str, words: tuple[str, ...], needed: int, moments: int
) -> None:
    work = _copy(template, folder / "work")
    filler = folder / "filler"
    for k in range(moments):
        filler.unlink(missing_ok=True)
        room = max(PAGE, needed * (2 * k + 1) ** 2 // (2 * moments) ** 2)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(PAGE, _free(folder) - room))
        _run(work, words, room)
    filler.unlink()
    _run(work, words, None)


def _copy(template: str, target: Path) -> Path:
    subprocess.run(["cp", "-r", template, str(target)], check=True)
    return target


def _free(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def _run(work: Path, words: tuple[str, ...], room: int | None) -> None:
    done = Forked(words, work, os.environ).wait(timeout=300)
    files = {
        str(file.relative_to(work)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(work.rglob("*"))
        if file.is_file()
    }
    broken = [name for name in files if not _whole(work / name)]
    print(json.dumps({"room": room, "code": done.returncode, "err": done.stderr, "files": files,
                      "broken": broken}))  # fmt: skip


def _whole(file: Path) -> bool:
    """Whether a file ends as its format does; hidden files are temporary, and logs end anywhere."""
    if any(part.startswith(".") and part != ".hydra" for part in file.parts):
        return True
    content = file.read_bytes()
    if file.suffix == ".json":
        try:
            json.loads(content)
        except ValueError:
            return False
    if file.suffix in (".ckpt", ".npz"):
        return zipfile.is_zipfile(file)
    return content.rstrip().endswith(ENDS.get(file.suffix, b""))


if __name__ == "__main__":
    main(*sys.argv[1:])
