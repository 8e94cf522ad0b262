"""Synthetic patients as a source: each choice of kinds has a folder of its own."""

from __future__ import annotations

import shutil

import pytest
from hydra import compose, initialize_config_dir
from pydicom import dcmread

from lungseg.arguments.phantom import PHANTOM_KINDS
from lungseg.config import conf_dir, register_resolvers
from lungseg.errors import ConfigError
from lungseg.sources.phantom import PhantomFolder
from lungseg.splits.table import read_table

SMALL = {"n_cases": 2, "size": 32, "n_slices": 12, "seed": 1}


def write(root, **more):
    source = PhantomFolder(root, **SMALL | more)
    source.materialize(list)
    return source


def test_cases_are_called_by_their_kind(tmp_path):
    source = write(tmp_path / "c", kinds=["bulla", "cut"])
    assert source.cases() == ["Case_000_bulla", "Case_001_cut"]
    assert write(tmp_path / "d", kinds="all", n_cases=1).cases() == ["Case_000_bulla"]


def test_the_table_of_kinds_is_one_for_splits(tmp_path):
    source = write(tmp_path / "c", kinds=["bulla", "cut"])
    assert read_table(tmp_path / "c" / "kinds.csv", source.cases()) == {"kind": ["bulla", "cut"]}


def test_the_name_of_no_case_reveals_its_patient(tmp_path):
    """Three of twelve patients are named in their files."""
    source = write(tmp_path / "c", kinds="all", n_cases=12)
    for case in source.cases():
        assert source.patient(case)


def test_a_folder_with_other_kinds_is_refused(tmp_path):
    write(tmp_path / "hard", kinds=["bulla", "cut"])
    write(tmp_path / "hard", kinds=["cut", "bulla"])
    line = "data.root: contains patients with bulla, cut, not plain synthetic patients"
    with pytest.raises(ConfigError, match=line):
        write(tmp_path / "hard")
    write(tmp_path / "plain")
    with pytest.raises(ConfigError, match="contains plain synthetic patients, not patients with"):
        write(tmp_path / "plain", kinds="all")


def roots(*overrides):
    register_resolvers()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return [compose("prepare", ["outputs=o", *given]).data.root for given in overrides]


def test_each_choice_has_its_folder():
    assert roots(
        ["data=phantom"],
        ["data=phantom_hard"],
        ["data=phantom_hard", "data.kinds=[bulla,cut]", "data.n_cases=2"],
        ["data=phantom_hard", "data.kinds=bulla"],
    ) == [
        "o/phantom/12x36x128_seed0",
        "o/phantom/12x36x128_seed1_all",
        "o/phantom/2x36x128_seed1_bulla+cut",
        "o/phantom/12x36x128_seed1_bulla",
    ]


def test_the_command(cli):
    small = ("data=phantom_hard", "data.n_cases=1", "data.size=32", "data.n_slices=20")
    done = cli("prepare", *small)
    assert done.returncode == 0, done.stderr
    assert "Case_000_bulla" in done.stdout
    line = cli.refused("prepare", *small, "data.kinds=[bulla,bula]")
    assert "data: kinds must be all, or of" in line
    assert all(kind in line for kind in PHANTOM_KINDS)
    assert line.endswith("; got 'bula'")


@pytest.mark.parametrize("what", ["scans of a patient", "another layout", "empty"])
def test_a_folder_of_somebodys_scans_is_refused(tmp_path, what):
    """As with ``data.root=DIR`` where ``data=…`` was forgotten: patients would pass for synthetic."""
    write(tmp_path / "c")
    files = list(tmp_path.glob("c/Images/*/*.dcm"))
    if what == "scans of a patient":
        for file in files:
            dataset = dcmread(file)
            del dataset[0x0008, 0x001C]
            dataset.save_as(file)
    elif what == "another layout":
        (tmp_path / "c" / "Images").rename(tmp_path / "c" / "scans")
    else:
        shutil.rmtree(tmp_path / "c" / "Images")
    with pytest.raises(ConfigError, match="data.root: contains no synthetic cohort, .*data=lctsc"):
        write(tmp_path / "c")


def test_a_damaged_file_is_left_to_who_reads_it(tmp_path):
    write(tmp_path / "c")
    for file in tmp_path.glob("c/Images/*/*.dcm"):
        file.write_bytes(b"x" * 200)
    write(tmp_path / "c")
