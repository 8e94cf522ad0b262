"""``lungseg paper`` as a user types it."""

import re

from lungseg.cli import main
from tests.report.paper.packs import write_pool, write_run


def test_a_pack_and_where_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "outputs" / "a")
    assert main(["paper", "runs=outputs/a", "output=packs/one"]) == 0
    out = capsys.readouterr().out
    commands = "pdflatex main; bibtex main; pdflatex main; pdflatex main"
    assert f"the pack: packs/one; one PDF of all, in it: {commands}" in out
    main_tex = (tmp_path / "packs" / "one" / "main.tex").read_text()
    assert main_tex.splitlines()[0] == f"% To compile: {commands}"
    assert "the prepared cases of run 1 are not there" in out
    assert "interval 0.9023 to 0.9972" in (tmp_path / "packs" / "one" / "summary.tex").read_text()
    left = [path.name for path in tmp_path.iterdir()]
    assert sorted(left) == ["outputs", "packs"]


def test_refused_in_one_line(refused, tmp_path):
    write_run(tmp_path / "a")
    (tmp_path / "there").mkdir()
    for words, line in {
        ("runs=nowhere", "output=b"): "runs: no such folder",
        ("runs=there", "output=b"): "neither a run folder nor a folder with runs below it",
        ("runs=a", "output=there"): "output: exists already; choose another folder",
        ("runs=a", "output=b", "store=there"): "no prepared cohort here",
        ("runs=a",): "output: must be given",
        ("runs=[]", "output=b"): "runs: must be run folders: runs=DIR or runs=[DIR,DIR]",
        ("runs=a", "output=b", "+seed=1"): "seed: paper does not read this setting",
    }.items():
        assert re.search(re.escape(line), refused("paper", *words)), words
    assert not (tmp_path / "b").exists()


def test_of_a_sweep_over_folds_its_pooled_result_is_taken(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "sweep" / "0")
    write_pool(tmp_path / "sweep" / "pooled" / "all")
    assert main(["paper", "runs=sweep", "output=pack"]) == 0
    assert "runs: the pooled result of this sweep: sweep/pooled/all" in capsys.readouterr().out
    text = (tmp_path / "pack" / "methods.md").read_text()
    assert "Each of the 4 cases was tested once, in a cross-validation of 2 folds" in text
    assert "The runs are" not in text
