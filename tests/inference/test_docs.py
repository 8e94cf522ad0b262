"""docs/export.md: the example runs without lungseg, and the command is one that there is."""

import re
import subprocess
import sys

import numpy as np
import pytest

from lungseg.inference.export import to_onnx
from tests.conftest import CLONE
from tests.inference.onnx_files import a_model

TEXT = (CLONE / "docs" / "export.md").read_text()
(BLOCK,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("size", [(5, 64, 48), (4, 50, 61)])
def test_the_example_gives_the_mask_of_the_model(size, tmp_path):
    """In a process that cannot import lungseg or torch."""
    model = a_model()
    (tmp_path / "model.onnx").write_bytes(to_onnx(model))
    hu = np.random.default_rng(0).integers(-1000, 400, size).astype(np.int16)
    np.save(tmp_path / "slices.npy", hu[:, None])
    blocked = "import sys\nsys.modules['lungseg'] = sys.modules['torch'] = None\n"
    code = f"{blocked}{BLOCK}\nnp.savez('out.npz', mask=mask, probability=probability)"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    with np.load(tmp_path / "out.npz") as out:
        import torch

        expected = torch.sigmoid(model.logits(torch.from_numpy(hu[:, None]))).numpy()
        np.testing.assert_allclose(out["probability"], expected, atol=1e-5)
        assert np.array_equal(out["mask"], out["probability"] >= 0.4)
        assert 0.1 < out["mask"].mean() < 0.9


def test_every_key_of_the_metadata_is_in_the_table():
    from lungseg.inference.export import metadata_of

    (section,) = re.findall(r"\n## Metadata\n(.*?)\n## ", TEXT, re.DOTALL)
    assert set(metadata_of(a_model(), 8)) == set(re.findall(r"`(\w+)`", section))
