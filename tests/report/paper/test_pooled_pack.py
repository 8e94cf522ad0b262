"""The pack of a pooled cross-validation: what its folds shared, and what each chose."""

import json
import re

from lungseg.report.paper.pack import write_pack
from lungseg.report.paper.study import read_study
from tests.report.paper.packs import write_pool


def read(packs, file):
    text = (packs / "packs" / "pooled" / file).read_text()
    return text.replace(r"\allowbreak{}", "")


def test_it_says_what_it_lacks_first(packs):
    first = read(packs, "summary.tex")
    assert r"\textbf{Fold 2 of 3 is missing.} \textbf{Masks of 1 case differ.}" in first


def test_folds_and_the_cases_of_each_model(packs):
    text = read(packs, "methods.md")
    tested = "Each of the 4 cases was tested once, in a cross-validation of 2 folds, by the model"
    trained = "Each model was trained on 1 to 2 of the cases that it was not tested on; 1 further"
    assert f"{tested} of its fold, which was not trained on it. Folds were made by" in text
    assert f"{trained} case was its validation set." in text
    for checklist in ("claim.csv", "tripod.csv"):
        assert tested in read(packs, checklist)
    assert "All scans of one patient were in the same fold." in text
    assert "fold all" not in text


def test_what_each_fold_chose(packs):
    text = read(packs, "methods.md")
    assert "those of the epoch with the best `val/loss` (after 2 to 3 epochs)." in text
    assert (
        "Post-processing was chosen in each fold by the mean DSC of its validation cases: fold 0:"
        " lungs (none 0.9120, lungs 0.9340; 1 case); fold 1: none (none 0.9250, lungs 0.9210;"
        " 1 case)." in text
    )
    assert "Nothing else was chosen" not in text
    assert "post-processed as whole volumes was chosen in each fold (Selection)." in text


def test_hardware_and_time_are_those_of_the_folds(packs):
    """600 and 1200 seconds are half an hour; GPU 9 is of the machine that pooled."""
    text = read(packs, "methods.md")
    assert "devices: 1 (GPU 7); processor Folder 7, 8 logical cores, 31.5 GiB" in text
    assert "Python 3.11.9, PyTorch 2.12.0" in text
    assert "(epochs with their evaluation): 30 min for all folds." in text
    assert "GPU 9" not in text


def test_how_to_repeat_it(packs):
    table = read(packs, "reproducibility.tex")
    words = "data=lctsc split=kfold split.seed=3 split.fold=all"
    assert f"command & \\texttt{{lungseg train -m {words}}}" in table
    assert f"checkpoint of fold 1 & \\texttt{{{'1' * 64}}} (best.ckpt)" in table
    assert r"each with its fold & Case\_000 (fold 0), Case\_001 (fold 1), " in table


def test_it_is_called_what_it_is(packs):
    for file in ("methods.md", "summary.tex", "results.tex", "settings.tex", "settings.csv",
                 "reproducibility.tex", "figures.tex"):  # fmt: skip
        assert not re.search(r"\brun 1\b", read(packs, file)), file
    assert "The cross-validation (seed 0) was evaluated on" in read(packs, "summary.tex")
    settings = read(packs, "settings.csv")
    assert settings.startswith("setting,cross-validation\n")
    assert "split.fold" not in settings


def test_a_pool_of_an_earlier_version_makes_nothing_up(tmp_path):
    pool = write_pool(tmp_path / "pool", "postprocess=auto")
    file = pool / "provenance.json"
    record = json.loads(file.read_text())
    for key in ("each", "commands", "python", "packages", "hardware", "devices"):
        del record["pool"][key]
    file.write_text(json.dumps(record))
    write_pack(read_study([pool], None), tmp_path / "pack")
    text = (tmp_path / "pack" / "methods.md").read_text()
    assert "(of the pooling; each fold records its own)" in text
    assert "Each fold chose its post-processing by its validation cases; which is not" in text
    assert "(epochs with their evaluation): not recorded." in text
    assert "GPU 9" not in text
    table = (tmp_path / "pack" / "reproducibility.tex").read_text()
    assert "command & \\texttt{not recorded}" in table or "command & not recorded" in table
