"""docs/results.py, which prints the README's table of real results."""

import json
import runpy

from lungseg.report.pooled_results import pool_runs
from lungseg.runs.find import find_runs
from tests.conftest import CLONE
from tests.runs.fake_folds import write_folds


def test_one_column_for_each_fold_and_one_for_all(tmp_path, capsys):
    write_folds(tmp_path)
    pool_runs(find_runs([tmp_path]), tmp_path / "pooled" / "all", report=False)
    runpy.run_path(str(CLONE / "docs" / "results.py"))["main"](tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| tested on | Case_000, Case_001 | Case_002, Case_003 | Case_004,")
    (row,) = [line for line in lines if line.startswith("| DSC of the volume |")]
    *each, together, interval = [cell.strip() for cell in row.strip("|").split("|")][1:]
    for name, cell in zip(("0", "1", "2", "pooled/all"), [*each, together], strict=True):
        summary = json.loads((tmp_path / name / "evaluation" / "summary.json").read_text())
        number = summary["test"]["volume_dsc_mean"]
        assert cell == f"{number['value']:.4f}"
    assert interval == " to ".join(f"{end:.4f}" for end in number["ci95"])
