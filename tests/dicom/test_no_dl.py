"""A folder called dl where the command runs does not keep DICOM from being read."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["dl", "DLFCN"])
def test_a_folder_of_the_users_is_no_module_of_gdcm(name, tmp_path):
    (tmp_path / name).mkdir()
    (tmp_path / name / "net.py").write_text("DEPTH = 3\n")
    lines = (
        "import sys; sys.path.append('.')",
        "import lungseg.dicom, pydicom, gdcm",
        f"import {name}.net as own; print(gdcm.Version.GetVersion(), own.DEPTH)",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == "3"
