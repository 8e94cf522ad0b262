"""Run folders below other folders, in order."""

import pytest

from lungseg.errors import DataError
from lungseg.runs.find import find_runs
from lungseg.runs.read import read_run
from tests.report.fake_runs import write_run


def test_a_sweep_in_the_order_of_its_jobs(tmp_path):
    for name in (10, 9, 0):
        write_run(tmp_path / "sweep" / str(name))
    (tmp_path / "sweep" / "multirun.yaml").touch()
    (tmp_path / "sweep" / "logs").mkdir()
    assert [run.name for run in find_runs([tmp_path / "sweep"])] == ["0", "9", "10"]


def test_runs_are_called_by_what_tells_their_folders_apart(tmp_path):
    one = write_run(tmp_path / "2025-01-31" / "12-00-00")
    other = write_run(tmp_path / "2025-02-01" / "12-00-00")
    runs = find_runs([other, one, other])
    assert [run.name for run in runs] == ["2025-02-01/12-00-00", "2025-01-31/12-00-00"]


def test_folders_without_runs_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        find_runs([tmp_path / "nowhere"])
    with pytest.raises(DataError, match="neither a run folder nor a folder with runs"):
        find_runs([tmp_path])
    with pytest.raises(DataError, match="not a run folder"):
        read_run(tmp_path, "x")
