"""Splits as a user makes them: what is refused at once, and three sweeps and runs in all."""

import json

import pytest

SMALL = (
    "data.size=32",
    "data.n_slices=12",
    "model.base_channels=4",
    "model.depth=2",
    "trainer.max_epochs=1",
    "report=false",
    "logger=none",
)

EARLY = {
    "one fold": (["split=kfold", "split.k=1"], "split.k=1: must be a whole number, 2 or more"),
    "fold": (["split=kfold", "split.fold=5"], "split.fold=5: must be a whole number from 0 to 4"),
    "share": (["split=balanced", "split.test=1.5"], "split.test: must be a share of the patients"),
    "nothing": (["split=balanced", "split.test=0"], "split.test=0: must not be 0"),
    "seed": (["split=balanced", "split.seed=x"], "split.seed=x: must be a whole number"),
    "no file": (["split=file"], "split.file: must be given: split.file=RUN/split.json"),
}

LATE = {
    "site": (["split=loso"], "split.site: must be given; by scanner there are '"),
    "patients": (["split=kfold", "split.k=13"], "split.k=13: more folds than patients, of whom"),
    "one out": (["split=leave_one_out", "split.fold=12"], "there are 12 patients, folds 0 to 11"),
    "covariate": (["split=balanced", "split.balance=[age]"], "split.balance: no covariate 'age'"),
    "table": (["split=balanced", "split.table=t.csv"], "split.table: no such file [t.csv]"),
    "gone": (["split=file", "split.file=s.json"], "split.file: no such file [s.json]"),
}


@pytest.mark.parametrize("what", EARLY)
def test_refused_before_anything_is_prepared(what, refused, tmp_path):
    overrides, message = EARLY[what]
    assert message in refused("train", *overrides)
    assert not (tmp_path / "outputs" / "phantom").exists()


@pytest.mark.parametrize("what", LATE)
def test_refused_for_this_cohort(what, refused, tmp_path):
    overrides, message = LATE[what]
    assert message in refused("train", *overrides, *SMALL)
    assert not list(tmp_path.rglob("split.json"))


@pytest.mark.slow
def test_balanced_and_given_back(cli):
    """The table's folder may say where the data come from: it stands in no file of the run."""
    hospital = cli.folder / "hospital"
    hospital.mkdir()
    lines = ["case,age", *(f"Case_{i:03d},{40 + 7 * i % 31}" for i in range(12))]
    (hospital / "table.csv").write_text("\n".join(lines))
    done = cli(
        *("train", "split=balanced", "split.test=4", "split.val=2", "hydra.run.dir=first", *SMALL),
        *(f"split.table={hospital}/table.csv", "split.balance=[empty_share,sex,age]"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("empty_share") == 1
    assert "the best of all 13,860 ways" in done.stdout
    left = json.loads((cli.folder / "first" / "split.json").read_text())
    assert {name: len(cases) for name, cases in left["sets"].items()} == {
        "train": 6,
        "val": 2,
        "test": 4,
    }
    assert left["left_out"] == []
    assert left["made_by"]["balance"] == ["empty_share", "sex", "age"]
    origin = json.loads((cli.folder / "first" / "provenance.json").read_text())
    assert left["cohort_sha256"] == origin["cohort_sha256"]
    for file in (cli.folder / "first").rglob("*"):
        assert not file.is_file() or b"hospital" not in file.read_bytes(), file

    again = cli("train", "split=file", "split.file=first/split.json", "hydra.run.dir=again", *SMALL)
    assert again.returncode == 0, again.stderr
    assert "empty_share" not in again.stdout
    second = json.loads((cli.folder / "again" / "split.json").read_text())
    assert second["sets"] == left["sets"]


@pytest.mark.slow
def test_a_sweep_over_folds_tests_every_case_once(cli):
    done = cli("train", "-m", "split=kfold", "split.k=3", "split.fold=0,1,2", *SMALL)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("empty_share") == 1  # the first job says it for all
    files = sorted((cli.folder / "outputs" / "multirun").glob("*/*/*/split.json"))
    tests = [json.loads(file.read_text())["sets"]["test"] for file in files]
    assert sorted(case for test in tests for case in test) == [f"Case_{i:03d}" for i in range(12)]
    assert [len(test) for test in tests] == [4, 4, 4]
    for file, test in zip(files, tests, strict=True):
        tables = (file.parent / "evaluation" / "cases.csv").read_text().splitlines()[1:]
        assert [row.split(",")[1] for row in tables if row.startswith("test,")] == test
