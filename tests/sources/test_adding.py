"""Adding a source is one class and one YAML file, also outside the package."""

import os

CLASS = """
import numpy as np
from lungseg.data.case import Case
from lungseg.volume import Volume

class Cubes:
    def __init__(self, root, size):
        self.size = size

    def cases(self):
        return ["a", "b", "c"]

    def state(self, case):
        return case

    def patient(self, case):
        return case

    def read(self, case):
        mask = np.zeros((4, self.size, self.size), np.uint8)
        mask[1:3, 2:-2, 2:-2] = 1
        image = np.where(mask, -800, 40 + ord(case)).astype(np.int16)
        affine = np.eye(4)[[2, 1, 0, 3]]
        audit = {"findings": []}
        return Case(case, Volume(image, affine), mask, {"sex": "", "scanner": ""}, audit, case)
"""
YAML = """
name: cubes
root: .
size: 16
store: null
export_npz: null
on_finding: {error: error, warning: warn}
source:
  _target_: cubes.Cubes
  root: ${data.root}
  size: ${data.size}
"""


def test_one_class_and_one_yaml(tmp_path, cli):
    (tmp_path / "cubes.py").write_text(CLASS)
    (tmp_path / "conf" / "data").mkdir(parents=True)
    (tmp_path / "conf" / "data" / "cubes.yaml").write_text(YAML)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = cli("prepare", "data=cubes", "data.size=12", "--config-dir=conf", PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert "3 cases in outputs/prepared/cubes-" in done.stdout
