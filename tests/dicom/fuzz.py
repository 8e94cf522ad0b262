"""Run by test_fuzz.py: mutate files, read each, count what was read and what refused."""

import faulthandler
import random
import sys
import time
import warnings
from pathlib import Path

import pydicom

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from lungseg.dicom.series import read_series
from lungseg.dicom.tree import scan
from lungseg.errors import DataError
from tests.dicom.compressed import SYNTAXES, rewrite
from tests.dicom.test_findings import write_chest

SIZES = (0, 1, 2, 255, 4096, 32768, 60000, 65535)


def seeds(folder):
    """The bytes of a slice in every transfer syntax, and the neighbour it makes a volume with."""
    write_chest(folder, positions=[(0, 0, 0), (0, 0, 2)])
    plain = (folder / "000.dcm").read_bytes()
    made = [plain]
    for syntax in SYNTAXES:
        (folder / "x").write_bytes(plain)
        rewrite(folder / "x", syntax)
        made.append((folder / "x").read_bytes())
    (folder / "x").unlink()
    return made, folder / "001.dcm"


def mutate(content, chance, path):
    kind = chance.randrange(6)
    content = bytearray(content)
    if kind == 0:
        content = content[: chance.randrange(len(content))]
    elif kind == 1:
        for _ in range(chance.choice((1, 4, 30))):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    elif kind == 2:  # near the end: pixel data
        for _ in range(chance.choice((1, 4, 30))):
            content[-chance.randrange(1, len(content) // 2)] = chance.randrange(256)
    elif kind == 3:  # lengths
        at = chance.randrange(132, len(content) - 4)
        content[at : at + 4] = chance.choice((b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0" * 4))
    else:
        path.write_bytes(content)
        ds = pydicom.dcmread(path)
        element = chance.choice(list(ds))
        if kind == 4:
            del ds[element.tag]
        else:
            ds.NumberOfFrames = chance.choice((0, 1, 7, 2**31 - 1))
            ds.Rows, ds.Columns = (chance.choice((*SIZES, 16, 16, 16)) for _ in range(2))
            ds.BitsAllocated = chance.choice((1, 8, 16, 16, 32, 64))
            ds.BitsStored = chance.choice((0, 12, 16, 16, 99))
        ds.save_as(path)
        return path.read_bytes()
    return bytes(content)


def main(folder, n, seconds, mib):
    warnings.simplefilter("ignore")
    faulthandler.enable()
    made, neighbour = seeds(folder / "seeds")
    chance = random.Random(0)
    target = folder / "seeds" / "mutated"
    read = refused = 0
    for k in range(n):
        target.write_bytes(mutate(made[k % len(made)], chance, target))
        (folder / "last").write_bytes(target.read_bytes())
        faulthandler.dump_traceback_later(4 * seconds, exit=True)
        start = time.perf_counter()
        scan(folder / "seeds")
        try:
            read_series([target, neighbour])
            read += 1
        except DataError as error:
            refused += 1
            if "\n" in str(error) or str(folder) in str(error):
                raise AssertionError(str(error)) from error
        took = time.perf_counter() - start
        assert took < seconds, f"file {k}: {took:.1f} s"
    faulthandler.cancel_dump_traceback_later()
    # Not getrusage, which begins with the peak of the process that started this one.
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in one)
    peak = int(line.split()[1]) // 1024
    assert peak < mib, f"{peak} MiB"
    print(read, refused)
    print("peak", peak, "MiB", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
