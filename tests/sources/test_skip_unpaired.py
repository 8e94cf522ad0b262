"""``data.skip_bad_cases``: a case that lacks its image or its mask does not take the others along."""

import numpy as np
import pytest

from lungseg.data.parallel import Parallel
from lungseg.data.prepare import prepare
from lungseg.data.rules import Rules
from lungseg.errors import DataError
from tests.sources.image_files import pair, source
from tests.sources.test_slices2d import phantom as slices_phantom  # noqa: F401
from tests.sources.test_slices2d import source as slices
from tests.sources.test_slices2d import write as write_slices

SKIP = Rules(skip_bad_cases=True)


def prepared(made, tmp_path, **settings):
    cohort = prepare(made, tmp_path / "store", rules=SKIP, say=lambda _: None, **settings)
    return cohort.names, cohort.failed


@pytest.mark.parametrize("layout", ["usual", "by patterns"])
def test_image_files(phantom, tmp_path, layout):
    root = tmp_path / "scans"
    root.mkdir()
    for name in "abcd":
        pair(root, phantom, name)
    (root / "a_seg.nii").unlink()
    (root / "c_ct.nii").unlink()
    patterns = {"images": "{case}_ct.nii", "masks": "{case}_seg.nii"}
    made = source(root, **({} if layout == "usual" else patterns))
    with pytest.raises(DataError, match=r"a \(and 1 more\): no mask: .*; data.skip_bad_cases=true"):
        prepare(made, tmp_path / "store")
    assert prepared(made, tmp_path, parallel=Parallel(n_jobs=2)) == (
        ["b", "d"],
        {
            "a": "a: no mask: no file for it matches data.masks",
            "c": "c: no image: no file for it matches data.images",
        },
    )


def test_without_an_image_no_hint_at_reading_images_alone(phantom, tmp_path):
    for name in "ab":
        pair(tmp_path, phantom, name)
    (tmp_path / "a_ct.nii").unlink()
    with pytest.raises(DataError, match=r"a: no image: .*leaves such cases out$"):
        source(tmp_path).cases()


def test_slices(slices_phantom, tmp_path):  # noqa: F811
    root = tmp_path / "slices"
    for name in "abc":
        write_slices(root, slices_phantom, pattern=f"{name}/{{}}/{{:02d}}.{{}}")
    (root / "a" / "masks" / "09.png").unlink()
    for image in (root / "c" / "images").iterdir():
        image.unlink()
    made = slices(root, spacing_mm=[float(size) for size in np.round(slices_phantom[2], 3)])
    assert prepared(made, tmp_path) == (
        ["b"],
        {
            "a": "a: slice 9: no mask for this image",
            "c": "c: slice 7: no image for this mask",
        },
    )
