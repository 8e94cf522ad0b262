"""dcmqi and dcmjs, on which Slicer and OHIF build, read a written DICOM-SEG."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.dicom.oriented import LABELS, SHAPE, on_grid, series
from tests.dicom.read_back import by_itk
from tests.dicom.test_seg_writer import write


@pytest.mark.skipif(not shutil.which("segimage2itkimage"), reason="no dcmqi (PyPI: dcmqi)")
@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1)])
def test_dcmqi_reads_it(tmp_path, axes):
    write(tmp_path / "seg.dcm", series(tmp_path / "ct", axes, (1, 0, 1)))
    command = ["segimage2itkimage", "--inputDICOM", tmp_path / "seg.dcm", "-t", "nrrd"]
    subprocess.run([*command, "--outputDirectory", tmp_path], check=True, capture_output=True)
    for lung in (1, 2):
        found = by_itk(tmp_path / f"{lung}.nrrd")
        np.testing.assert_array_equal(found > 0, lung == LABELS)


def by_dcmjs(file):
    script = Path(__file__).with_name("read_seg.cjs")
    done = subprocess.run(["node", script, file], capture_output=True, text=True, timeout=60)
    if "Cannot find module 'dcmjs'" in done.stderr:
        pytest.skip("no dcmjs (npm; NODE_PATH names its folder)")
    assert done.returncode == 0, done.stderr
    seg = json.loads(done.stdout)
    assert seg["labels"] == ["Right lung", "Left lung"]
    along, down = np.reshape(seg["orientation"], (2, 3))
    labels = np.zeros(SHAPE, np.uint8)
    for frame in seg["frames"]:
        image = np.zeros(seg["shape"], np.uint8)
        image.flat[frame["set"]] = frame["segment"]
        affine = np.eye(4)
        affine[:3, 0] = np.cross(along, down)
        affine[:3, 1], affine[:3, 2] = down * seg["spacing"][0], along * seg["spacing"][1]
        affine[:3, 3] = frame["position"]
        labels += on_grid(image[np.newaxis], affine)
    return labels


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1)])
def test_dcmjs_reads_it(tmp_path, axes):
    write(tmp_path / "seg.dcm", series(tmp_path / "ct", axes, (1, 0, 1)))
    np.testing.assert_array_equal(by_dcmjs(tmp_path / "seg.dcm"), LABELS)
