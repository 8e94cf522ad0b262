"""``data.masks=none``: every source gives the same image without its masks as with them."""

import pickle
import shutil

import nibabel
import numpy as np
import pydicom
import pytest
from PIL import Image

from lungseg.data.case import Case
from lungseg.data.source import UnpairedError
from lungseg.errors import ConfigError, DataError
from lungseg.sources.dicomseg import DicomSegFolder
from lungseg.sources.lctsc import LctscFolder
from lungseg.sources.nifti import NiftiFolder
from lungseg.sources.slices2d import SliceImages
from lungseg.sources.tcia import TciaFolder
from tests.sources.tree import write_images, write_patient

LUNGS = {"right": ["lung_r", "right lung"], "left": ["lung_l", "left lung"], "both": ["lungs"]}
TREES = {"rtstruct": TciaFolder, "seg": DicomSegFolder}
SLICES = {
    "images": "{case}/images/{z}.*",
    "spacing_mm": [3, 2, 1],
    "numbers_run": "head_to_feet",
    "hu_from": {"slope": 1, "intercept": -1024},
    "window": None,
}


def tree(root, kind="rtstruct", masks="none", **settings):
    defaults = {"cases": "folder", "series": "largest", "lungs": LUNGS}
    return TREES[kind](root, masks=masks, **defaults | settings)


def nifti(root, images=None, masks="none"):
    return NiftiFolder(root, images=images, masks=masks, labels={"both": [1]}, lungs=LUNGS)


def codes(case):
    return [finding["code"] for finding in case.audit["findings"]]


def assert_image_of(alone: Case, whole: Case):
    """An image alone is that of the case with mask, and says nothing of one."""
    assert whole.mask is not None
    assert alone.mask is None
    assert alone.sides is None
    assert "alignment" not in alone.audit
    np.testing.assert_array_equal(alone.volume.voxels, whole.volume.voxels)
    np.testing.assert_array_equal(alone.volume.affine, whole.volume.affine)
    assert alone.header == whole.header
    assert alone.source_sha256 != whole.source_sha256


def test_lctsc_needs_images_alone(three_cases):
    whole = LctscFolder(three_cases)
    alone = pickle.loads(pickle.dumps(LctscFolder(three_cases, "none")))
    for name in whole.cases():
        assert_image_of(alone.read(name), whole.read(name))
        assert codes(alone.read(name)) == codes(whole.read(name))  # identifiers among them
    shutil.rmtree(three_cases / "Segmentations")
    with pytest.raises(DataError, match="no mask"):
        whole.cases()
    assert alone.cases() == ["Case_000", "Case_001", "Case_002"]
    assert alone.read("Case_000").mask is None


def test_masks_without_images_are_not_cases_and_order_is_natural(three_cases):
    for name in ("Case_10", "Case_9"):
        shutil.copytree(three_cases / "Images" / "Case_001", three_cases / "Images" / name)
    shutil.rmtree(three_cases / "Images" / "Case_000")
    names = ["Case_001", "Case_002", "Case_9", "Case_10"]
    assert LctscFolder(three_cases, "none").cases() == names


@pytest.mark.parametrize("kind", TREES)
def test_trees_of_dicom_ignore_masks_and_report_it(kind, phantom_root, tmp_path):
    write_patient(tmp_path, phantom_root, "Case_001", "P1", kind)
    alone, whole = tree(tmp_path, kind).read("P1"), tree(tmp_path, kind, "required").read("P1")
    assert_image_of(alone, whole)
    assert alone.audit["findings"][-1] == {
        "code": "masks-left-aside",
        "severity": "info",
        "text": f"1 {TREES[kind].what} file(s) ignored because of data.masks=none",
    }


@pytest.mark.parametrize("kind", TREES)
def test_trees_of_dicom_need_no_mask(kind, phantom_root, tmp_path):
    write_images(tmp_path / "P1" / "any" / "where", phantom_root, "Case_001")
    made = pickle.loads(pickle.dumps(tree(tmp_path, kind)))
    assert made.cases() == ["P1"]
    case = made.read("P1")
    assert_image_of(case, LctscFolder(phantom_root).read("Case_001"))
    assert "masks-left-aside" not in codes(case)


def test_a_damaged_or_foreign_mask_stops_no_image(phantom_root, tmp_path):
    write_patient(tmp_path, phantom_root, "Case_001", "P1", "rtstruct")
    (file,) = (tmp_path / "P1").rglob("1-1.dcm")
    dataset = pydicom.dcmread(file)
    dataset.PatientID = "someone-else"
    del dataset.ROIContourSequence
    dataset.save_as(file)
    with pytest.raises(DataError, match="files of 2 patients"):
        tree(tmp_path, masks="required").read("P1")
    assert codes(tree(tmp_path).read("P1"))[-1] == "masks-left-aside"


def test_grouping_by_patient(phantom_root, tmp_path):
    """A patient of whom only a mask is there is no case."""
    marked = {"PatientIdentityRemoved": "YES", "PatientName": "", "PatientBirthDate": ""}
    for case in ("Case_001", "Case_002"):
        write_patient(tmp_path, phantom_root, case, case, "rtstruct", **marked)
    shutil.rmtree(tmp_path / "Case_002" / "1.3.6.1-study" / "2.000000-CT-50102")
    made = tree(tmp_path, cases="patient")
    assert made.cases() == ["PHANTOM-001"]
    assert codes(made.read("PHANTOM-001"))[-1] == "masks-left-aside"
    shutil.rmtree(tmp_path / "Case_001" / "1.3.6.1-study" / "2.000000-CT-50102")
    with pytest.raises(DataError, match="data.root: no CT image among the files"):
        tree(tmp_path, cases="patient").cases()


def test_the_series_is_still_chosen(phantom_root, tmp_path):
    """Without masks to name a series: by the rule of the settings alone."""
    write_images(tmp_path / "P1" / "a", phantom_root, "Case_001")
    write_images(tmp_path / "P1" / "b", phantom_root, "Case_001", SeriesInstanceUID="1.2.3.4")
    next((tmp_path / "P1" / "b").glob("I0000")).unlink()
    assert "series-chosen" in codes(tree(tmp_path).read("P1"))
    with pytest.raises(DataError, match="P1: 2 CT series"):
        tree(tmp_path, series="error").read("P1")


@pytest.mark.parametrize("masks", ["files", "NONE", "", None])
def test_another_word_is_refused(masks, tmp_path):
    for make in (lambda: LctscFolder(tmp_path, masks), lambda: tree(tmp_path, masks=masks)):
        with pytest.raises(ConfigError) as info:
            make()
        assert str(info.value) == f"data.masks={masks}: must be required or none (images alone)"


LAYOUTS = {
    "nnU-Net": ("imagesTr/{}_0000.nii.gz", "labelsTr/{}.nii.gz"),
    "MSD": ("imagesTr/{}.nii.gz", "labelsTr/{}.nii.gz"),
    "two folders": ("images/{}.nii", "masks/{}.nii"),
    "flat": ("{}_ct.nii.gz", "{}_seg.nii.gz"),
    "folder a case": ("{}/ct.nii.gz", "{}/lung.nii.gz"),
    "folder a case, plain": ("{}/image.nii", "{}/mask.nii"),
    "TotalSegmentator": ("{}/ct.nii.gz", "{}/segmentations/lung_left.nii.gz"),
}


def write_nifti(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nibabel.Nifti1Image(array.transpose(2, 1, 0), np.diag([-2.0, -2.0, 3.0, 1.0]))
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)


@pytest.fixture(scope="module")
def phantom():
    from lungseg.phantom import make_case

    case = make_case(0, size=48, n_slices=24)
    return np.maximum(case.image, -1024), case.mask


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("with_masks", [True, False])
def test_usual_layouts_are_recognized_by_images_alone(layout, with_masks, phantom, tmp_path):
    images, masks = LAYOUTS[layout]
    for name in ("lung_10", "lung_2"):
        write_nifti(tmp_path / images.format(name), phantom[0])
        if with_masks:
            write_nifti(tmp_path / masks.format(name), phantom[1])
    made = pickle.loads(pickle.dumps(nifti(tmp_path)))
    assert made.cases() == ["lung_2", "lung_10"]
    case = made.read("lung_2")
    assert case.mask is None
    np.testing.assert_array_equal(case.volume.voxels, phantom[0])
    if with_masks and layout != "TotalSegmentator":  # whose other lung is missing
        assert_image_of(case, nifti(tmp_path, masks=None).read("lung_2"))
    state = made.state("lung_2")
    for mask in tmp_path.glob(masks.format("lung_2")):
        mask.unlink()
    assert made.state("lung_2") == state


def test_images_by_a_pattern(phantom, tmp_path):
    write_nifti(tmp_path / "imagesTs" / "P1" / "a_0000.nii.gz", phantom[0])
    write_nifti(tmp_path / "imagesTr" / "b_0000.nii.gz", phantom[0])
    made = nifti(tmp_path, "imagesTs/{patient}/{case}_0000.nii.gz")
    assert made.cases() == ["a"]
    assert made.patient("a") == {"P1"}
    with pytest.raises(DataError, match=r"^data.root: no file matches data.images=images/\{"):
        nifti(tmp_path, "images/{case}.nii").cases()
    with pytest.raises(ConfigError, match="go together: set both, or neither"):
        nifti(tmp_path, masks="{case}.nii").cases()
    write_nifti(tmp_path / "imagesTs" / "P2" / "a_0000.nii.gz", phantom[0])
    with pytest.raises(DataError, match="a: more than one image of this name"):
        nifti(tmp_path, "imagesTs/{patient}/{case}_0000.nii.gz").cases()


def test_missing_masks_point_to_the_setting(phantom, phantom_root, tmp_path):
    """By every source: what is missing, and how to do without."""
    hint = "[;,] data.masks=none reads images alone$"
    shutil.copytree(phantom_root / "Images", tmp_path / "lctsc" / "Images")
    write_images(tmp_path / "tree" / "P1", phantom_root, "Case_001")
    write_nifti(tmp_path / "nifti" / "images" / "a.nii", phantom[0])
    (tmp_path / "slices" / "P1" / "images").mkdir(parents=True)
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "slices/P1/images/1.png")
    images = "images/{case}.nii"
    slices = SliceImages(tmp_path / "slices", masks="{case}/masks/{z}.*", **SLICES)
    for refused in (
        LctscFolder(tmp_path / "lctsc").cases,
        lambda: tree(tmp_path / "tree", masks="required").read("P1"),
        nifti(tmp_path / "nifti", masks=None).cases,
        nifti(tmp_path / "nifti", images, masks="masks/{case}.nii").cases,
        slices.cases,
    ):
        with pytest.raises(DataError, match=hint) as refusal:
            refused()
        if isinstance(refusal.value, UnpairedError):
            assert "; data.skip_bad_cases=true leaves such cases out, " in str(refusal.value)
    with pytest.raises(ConfigError, match=hint):
        nifti(tmp_path / "nifti", images, masks=None).cases()
    with pytest.raises(ConfigError, match="data.masks: None has no placeholder {z}"):
        SliceImages(tmp_path / "slices", masks=None, **SLICES)


def test_no_image_in_a_usual_layout(tmp_path):
    with pytest.raises(DataError, match=r"no image in a usual layout \(imagesTr.*set data.images"):
        nifti(tmp_path).cases()


def test_folders_of_dicom_files_as_images(phantom_root, tmp_path):
    write_images(tmp_path / "a" / "dicom", phantom_root, "Case_001")
    case = nifti(tmp_path, "{case}/dicom").read("a")
    assert_image_of(case, LctscFolder(phantom_root).read("Case_001"))


def test_slices(phantom, tmp_path):
    stored = (phantom[0].astype(np.int32) + 1024).astype(np.uint16)
    for z, (image, mask) in enumerate(zip(stored, phantom[1], strict=True)):
        for what, array in (("images", image), ("masks", mask)):
            for name in ("P10", "P2"):
                (tmp_path / name / what).mkdir(parents=True, exist_ok=True)
                Image.fromarray(array).save(tmp_path / name / what / f"{z}.png")
    whole = SliceImages(tmp_path, masks="{case}/masks/{z}.*", **SLICES)
    alone = pickle.loads(pickle.dumps(SliceImages(tmp_path, masks="none", **SLICES)))
    assert_image_of(alone.read("P2"), whole.read("P2"))
    np.testing.assert_array_equal(alone.read("P2").volume.voxels, phantom[0][::-1])
    state = alone.state("P2")
    for name in ("P10", "P2"):
        shutil.rmtree(tmp_path / name / "masks")
    assert (alone.cases(), alone.state("P2")) == (["P2", "P10"], state)
    again = SliceImages(tmp_path, masks="none", **SLICES)
    assert again.cases() == ["P2", "P10"]
    assert again.read("P2").source_sha256 == alone.read("P2").source_sha256
    (tmp_path / "P2" / "images" / "3.png").unlink()
    assert codes(SliceImages(tmp_path, masks="none", **SLICES).read("P2")) == ["missing-slice"]
