"""``lungseg evaluate … metrics.subgroups=[…] split.table=FILE``: numbers by group in the files."""

import json
import logging

import pandas as pd
import pytest

from lungseg.cli import main


@pytest.fixture
def table(tmp_path):
    """Sites of the twelve cases, in turn; the last has none."""
    sites = ["N", "S", "W"] * 3 + ["N", "S", ""]
    rows = [f"Case_{k:03d},{site},{40 + k}" for k, site in enumerate(sites)]
    file = tmp_path / "sites.csv"
    file.write_text("\n".join(["case,site,age", *rows]))
    return dict(zip((f"Case_{k:03d}" for k in range(12)), sites, strict=True))


def test_groups_of_a_table_are_means_over_the_cases_of_the_run(run, table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    handlers = logging.getLogger().handlers[:]
    words = ["split.table=sites.csv", "metrics.subgroups=[site]", "report=false"]
    assert main(["evaluate", "run=run", *words]) == 0
    logging.getLogger().handlers[:] = handlers
    cases = pd.read_csv(run / "evaluation" / "cases.csv")
    groups = pd.read_csv(run / "evaluation" / "subgroups.csv")
    assert {*groups["by"]} == {"site"}
    cases["group"] = [table[case] or "unknown" for case in cases["case"]]
    means = cases.groupby(["split", "group"])["dsc"].agg(["mean", "size"])
    assert len(groups) == len(means) >= 6
    for row in groups.itertuples():
        mean, size = means.loc[(row.split, row.group)]
        assert row.volume_dsc_mean == pytest.approx(mean, abs=1e-12)
        assert row.n_cases == size
    summary = json.loads((run / "evaluation" / "summary.json").read_text())
    assert {*summary["test"]["subgroups"]} == {"site"}
    assert str(tmp_path) not in (run / "provenance.json").read_text()


def test_what_is_no_list_or_no_covariate_is_one_line(run, refused):
    line = refused("evaluate", "run=run", "metrics.subgroups=sex")
    assert "metrics.subgroups=sex: must be a list of names: [sex, scanner]" in line
    line = refused("evaluate", "run=run", "metrics.subgroups=[site]")
    assert "metrics.subgroups: no covariate 'site'; there are sex, scanner" in line
