"""``lungseg predict`` on stacks of 2-D images: the masks of the scans that they are slices of."""

import nibabel
import numpy as np
import pytest
from PIL import Image

from lungseg.sources.scans import find_scans
from tests.apps.predicted import records


@pytest.fixture(scope="module")
def scan(phantom_root):
    return find_scans(phantom_root / "Images" / "Case_000", str).scans[0]


@pytest.fixture
def stack(scan, tmp_path):
    """The slices as 16-bit images, numbered from the head down, beside a picture of no scan."""
    volume = scan.read().volume
    folder = tmp_path / "pictures" / "patient"
    folder.mkdir(parents=True)
    for z, plane in enumerate(volume.voxels[::-1]):
        Image.fromarray((plane + 1024).astype(np.uint16)).save(folder / f"{z + 1}.png")
    Image.new("L", (8, 8)).save(folder.parent / "logo.png")
    spacing = ",".join(f"{size}" for size in volume.spacing)
    return ("input=pictures", "slices.images={case}/{z}.png", "slices.numbers_run=head_to_feet",
            "slices.hu_from={slope: 1, intercept: -1024}", f"spacing_mm=[{spacing}]")  # fmt: skip


def test_masks_are_those_of_the_scan(scan, stack, predict, tmp_path, phantom_root):
    assert predict(f"input={phantom_root}/Images/Case_000", "output=a", "formats=[nifti]")[0] == 0
    code, out, err = predict(*stack, "output=b")
    assert code == 0, err
    assert "left out: 1 file(s), 2-D images that slices.images does not match" in out
    (of_dicom,), (of_images,) = (records(tmp_path / name).values() for name in "ab")
    assert of_images["scan"] == "patient"
    assert of_images["lungs"] == of_dicom["lungs"]
    assert of_images["image_sha256"] == of_dicom["image_sha256"]
    masks = []
    for name, record in (("a", of_dicom), ("b", of_images)):
        image = nibabel.load(tmp_path / name / record["scan"] / "lungs.nii.gz")
        masks.append(np.asarray(nibabel.as_closest_canonical(image).dataobj))
    assert masks[0].any()
    np.testing.assert_array_equal(*masks)

    assert "done before" in predict(*stack, "output=b")[1]
    assert records(tmp_path / "b")["patient"] == of_images
    # Read with another intercept, it is another scan.
    moved = [word.replace("-1024", "-1000") for word in stack]
    assert predict(*moved, "output=b")[0] == 0
    assert records(tmp_path / "b")["patient"]["image_sha256"] != of_images["image_sha256"]


@pytest.mark.parametrize(
    ("left_out", "line"),
    [
        ("slices.images", "slices.numbers_run: is for 2-D images, which slices.images finds:"),
        (
            "slices.numbers_run",
            "slices.images: 2-D images do not say which way their numbers run: give",
        ),
        (
            "spacing_mm",
            "slices.images: 2-D images do not say how far apart their pixels are: give spacing_mm=[z,y,x]",
        ),
        (
            "slices.hu_from",
            "slices.hu_from: set how values become HU: 'slices.hu_from={slope: 1, intercept: -1024}' ",
        ),
    ],
)
def test_what_images_do_not_say_is_asked_for(left_out, line, stack, predict):
    words = [word for word in stack if not word.startswith(f"{left_out}=")]
    code, _, err = predict(*words, "output=masks")
    assert code == 1
    assert err.splitlines()[-1].removeprefix("lungseg predict: error: ").startswith(line)


def test_no_file_matches(stack, predict):
    words = [word.replace(".png", ".tif") for word in stack]
    code, _, err = predict(*words, "output=masks")
    assert code == 1
    assert (
        "input: no file matches slices.images={case}/{z}.tif below this folder; point input" in err
    )
