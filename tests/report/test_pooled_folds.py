"""What a pooled result keeps of its folds."""

import hashlib
import json

import pandas as pd

from lungseg.evaluation.pooled import pool
from lungseg.report.pooled_folds import commands, record_of_folds
from lungseg.runs.find import find_runs
from lungseg.runs.folds import repeats_of
from tests.runs.fake_folds import NAMES, kfold, write_fold, write_folds


def repeats(place):
    return repeats_of(find_runs([place]))


def test_one_command_trains_all_folds_with_their_seeds(tmp_path):
    for number in range(3):
        words = ["split=kfold", "split.seed=3", f"split.fold={number}", "seed=5"]
        write_fold(tmp_path / str(number), number, overrides=words)
    (one,) = repeats(tmp_path)
    assert commands(one.folds) == [["-m", "split=kfold", "split.seed=3", "seed=5",
                                    "split.fold=all"]]  # fmt: skip


def test_each_fold_has_its_command_where_the_split_has_no_number(tmp_path):
    for number in range(2):
        test = NAMES[2 * number : 2 * number + 2]
        split = {"_target_": "lungseg.splits.Explicit", "test": test, "seed": 0}
        write_fold(tmp_path / str(number), number, split=split, overrides=[f"split.test={test}"])
    (one,) = repeats(tmp_path)
    assert commands(one.folds) == [["split.test=['Case_000', 'Case_001']"],
                                   ["split.test=['Case_002', 'Case_003']"]]  # fmt: skip


def test_repeats_have_a_command_each(tmp_path):
    for seed in (1, 2):
        for k in range(3):
            write_fold(tmp_path / f"{seed}-{k}", k, split=kfold(k, seed=seed),
                       overrides=[f"split.seed={seed}", f"split.fold={k}"])  # fmt: skip
    found = record_of_folds(pool(repeats(tmp_path)))
    assert found["commands"] == [["-m", f"split.seed={seed}", "split.fold=all"] for seed in (1, 2)]
    assert [(one["repeat"], one["fold"]) for one in found["each"]] == [
        (f"split.seed={seed}", str(k)) for seed in (1, 2) for k in range(3)
    ]


def test_what_is_kept_of_each_fold_and_of_all(tmp_path):
    choice = {"name": "lungs", "n_cases": 1, "dsc": {"none": 0.9, "lungs": 0.95}}
    folders = write_folds(tmp_path, evaluation={"postprocess_choice": choice})
    for k, folder in enumerate(folders):
        (folder / "checkpoints").mkdir()
        (folder / "checkpoints" / "last.ckpt").write_bytes(b"weights")
        history = pd.read_csv(folder / "metrics.csv").assign(epoch_seconds=[1.5, 2.0 + k])
        history.to_csv(folder / "metrics.csv", index=False)
        record = json.loads((folder / "provenance.json").read_text())
        record |= {"python": "3.11.7", "hardware": {"cpu": f"machine {k // 2}"}}
        (folder / "provenance.json").write_text(json.dumps(record))
    found = record_of_folds(pool(repeats(tmp_path)))
    assert found["each"][1] == {
        "fold": "1", "repeat": "", "run": "1", "n_train": 4, "n_val": 0, "n_test": 2,
        "file": "last.ckpt", "epochs": 2, "seconds": 4.5,
        "checkpoint_sha256": hashlib.sha256(b"weights").hexdigest(),
        "postprocess_choice": choice, "search": None,
    }  # fmt: skip
    assert (found["python"], found["hardware"], found["devices"]) == ("3.11.7", None, None)


def test_what_a_fold_did_not_record_is_not_made_up(tmp_path):
    write_folds(tmp_path)
    each = record_of_folds(pool(repeats(tmp_path)))["each"]
    assert {(one["seconds"], one["checkpoint_sha256"]) for one in each} == {(None, None)}
