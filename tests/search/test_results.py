"""What a search comes to: search.json, and the lines on the screen."""

import json

from lungseg.search.results import summary_lines, write_results
from tests.search.conftest import settings
from tests.search.test_worker import finished
from tests.search.worker import QuickLauncher, make_worker


def test_search_json(tmp_path):
    worker = make_worker(tmp_path, n_trials=3)
    worker.run(QuickLauncher(worker.folder, fails=(0,)), [])
    content = write_results(worker.folder, worker.claims.trials(), settings())
    best = max(finished(worker), key=lambda trial: trial.value)
    assert (content["completed"], content["pruned"], content["failed"]) == (3, 0, 1)
    assert content["best"] == [
        {
            "trial": best.number,
            "values": [best.value],
            "overrides": [f"{key}={value}" for key, value in best.params.items()],
            "run": str(worker.folder / str(best.number)),
        }
    ]
    assert json.loads((worker.folder / "search.json").read_text()) == content


def test_the_screen_rounds_what_the_file_has_in_full(tmp_path):
    content = {
        "study_name": "s", "objectives": {"val/dsc": "maximize"}, "sampler": "tpe",
        "best": [{
            "trial": 2, "values": [0.81237], "run": "outputs/2",
            "overrides": ["loss.alpha=0.123456789", "optimizer.lr=1.2345e-05", "data.batch_size=8",
                          "optimizer=adam", "optimizer.lr2=1e-05"],
        }],
        "completed": 3, "pruned": 0, "failed": 1,
    }  # fmt: skip
    lines = summary_lines(content, tmp_path / "s", "s.journal")
    assert lines[1] == (
        "best: trial 2: val/dsc 0.8124  loss.alpha=0.1235 optimizer.lr=1.234e-05"
        " data.batch_size=8 optimizer=adam optimizer.lr2=1e-05  [outputs/2]"
    )
    assert lines[3] == f"which differences are real: lungseg compare runs={tmp_path / 's'}"
