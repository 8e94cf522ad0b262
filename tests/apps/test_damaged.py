"""Training on a damaged store: one line, and the next training mends the case."""

import numpy as np

from tests.data.tampering import flip

WORDS = (
    *("train", "data=phantom", "data.n_cases=4", "data.size=32", "data.n_slices=12"),
    *("data.root=cases", "data.cache_gib=0", "data.num_workers=1", "trainer.max_epochs=1"),
    *("logger=none", "report=false", "model.base_channels=2", "model.depth=1"),
)


def test_a_worker_names_the_damaged_slice_and_the_next_training_mends_it(cli, tmp_path):
    assert cli("prepare", *WORDS[1:6]).returncode == 0
    (file,) = (tmp_path / "outputs/prepared").glob("*/Case_002.zarr/image/c.4.0.0")
    before = flip(file, np.random.default_rng(0))
    line = cli.refused(*WORDS)
    assert "Case_002: image/c.4.0.0 is damaged in the store; the next lungseg prepare" in line
    done = cli(*WORDS)
    assert done.returncode == 0, done.stderr
    assert "Case_002: was damaged in the store; prepared again" in done.stdout + done.stderr
    assert file.read_bytes() == before
