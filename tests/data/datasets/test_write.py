"""Images and masks lie where the scan's voxels are, for readers that are not ours."""

import gzip
import tracemalloc

import nibabel
import numpy as np
import pytest
import SimpleITK
import zarr

from lungseg.data.datasets import write as module
from lungseg.data.datasets.contents import Contents
from lungseg.data.datasets.decathlon import MedicalDecathlon
from lungseg.data.datasets.nifti import PlainNifti
from lungseg.data.datasets.nnunet import NnUNet
from lungseg.data.datasets.write import write_case, write_dataset
from lungseg.data.parallel import Parallel
from lungseg.data.prepare import prepare
from lungseg.data.rules import Rules
from lungseg.data.store import open_arrays
from lungseg.errors import ConfigError, DataError
from tests.data.datasets.cohorts import stored
from tests.sources.image_files import source

NAMES = ["a", "b.c-d", "Case_3"]
FOLDS = [{"train": NAMES[1:], "test": NAMES[:1]}, {"train": NAMES[:1], "test": NAMES[1:]}]
KINDS = {np.int16: "16-bit signed integer", np.uint8: "8-bit unsigned integer"}
LAYOUTS = {"Dataset501_Lungs": NnUNet, "Task01_Lungs": MedicalDecathlon, "plain": PlainNifti}


def write(cohort, folder, layout, folds=FOLDS):
    write_dataset(Contents(cohort, folds), layout(), folder, Parallel())
    return folder


def both(layout, file):
    return layout().image(file, held_out=False), layout().mask(file, held_out=False)


@pytest.mark.parametrize(("name", "layout"), LAYOUTS.items())
def test_voxels_and_their_physical_points(tmp_path, name, layout):
    cohort = stored(tmp_path / "store", NAMES)
    folder = write(cohort, tmp_path / name, layout)
    corners = [(0, 0, 0), (23, 5, 4), (7, 2, 3)]
    for case in NAMES:
        affine = np.array(cohort.cases[case]["affine"])
        for path, stored_array, dtype in zip(
            both(layout, case), open_arrays(cohort.store, case), (np.int16, np.uint8), strict=True
        ):
            array = np.asarray(stored_array[:])
            image = nibabel.load(folder / path)
            assert image.get_data_dtype() == dtype
            np.testing.assert_array_equal(np.asanyarray(image.dataobj), array.transpose(2, 1, 0))
            itk = SimpleITK.ReadImage(str(folder / path))
            np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(itk), array)
            assert itk.GetPixelIDTypeAsString() == KINDS[dtype]
            assert image.header.get_xyzt_units()[0] == "mm"
            for z, y, x in corners:
                lps = (affine @ (z, y, x, 1))[:3]
                np.testing.assert_allclose(
                    itk.TransformIndexToPhysicalPoint((x, y, z)), lps, atol=1e-4
                )
                ras = (image.affine @ (x, y, z, 1))[:3]
                np.testing.assert_allclose(ras, lps * (-1, -1, 1), atol=1e-4)


@pytest.mark.parametrize(("name", "layout"), LAYOUTS.items())
def test_lungseg_reads_the_same_cohort_back(tmp_path, name, layout):
    cohort = stored(tmp_path / "store", NAMES)
    folder = write(cohort, tmp_path / name, layout)
    # The scans are too small to look like chests.
    rules = Rules({"error": "warn", "warning": "warn"})
    again = prepare(source(folder), tmp_path / "again", rules=rules)
    assert again.sha256 == cohort.sha256
    assert again.image_sha256 == cohort.image_sha256


def test_held_out_cases_lie_apart_and_names_are_changed_where_they_have_to_be(tmp_path):
    cohort = stored(tmp_path / "store", ["a", "b c"])
    folds = [{"train": ["a"], "test": ["b c"]}]
    folder = write(cohort, tmp_path / "Dataset002_x", NnUNet, folds)
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert files == {
        "imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz", "imagesTs/b_c_0000.nii.gz",
        "labelsTs/b_c.nii.gz", "dataset.json", "splits_final.json", "names.csv",
    }  # fmt: skip
    assert (folder / "names.csv").read_text() == "file,case\na,a\nb_c,b c\n"


def test_what_is_there_is_left_alone(tmp_path):
    cohort = stored(tmp_path / "store", NAMES)
    for path in (tmp_path / "there", tmp_path / "link"):
        path.symlink_to("nowhere") if path.name == "link" else path.mkdir()
        with pytest.raises(DataError, match="is there already"):
            write(cohort, path, PlainNifti)


def test_nothing_stays_of_an_export_that_failed(tmp_path, monkeypatch):
    cohort = stored(tmp_path / "store", NAMES)

    def fail(store, task):
        write_case(store, task)
        raise OSError("disk full")

    monkeypatch.setattr(module, "write_case", fail)
    with pytest.raises(OSError, match="disk full"):
        write(cohort, tmp_path / "new", PlainNifti)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_cases_without_masks_and_wrong_names_are_refused_before_anything_is_written(tmp_path):
    cohort = stored(tmp_path / "store", NAMES, mask=False)
    with pytest.raises(DataError, match=r"a \(and 2 more\): has no mask"):
        write(cohort, tmp_path / "new", PlainNifti)
    with pytest.raises(ConfigError, match="Dataset501_Lungs"):
        write(cohort, tmp_path / "new", NnUNet)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_one_slice_is_in_memory_at_a_time(tmp_path):
    cohort = stored(tmp_path / "store", ["a"])
    group = zarr.open_group(str(tmp_path / "store" / "a.zarr"))
    shape = (64, 128, 128)
    for name, dtype in (("image", "int16"), ("mask", "uint8")):
        del group[name]
        array = group.create_array(
            name, shape=shape, dtype=dtype, chunks=(1, *shape[1:]), fill_value=7
        )
        array[:] = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    group.attrs.put({"affine": np.eye(4).tolist()})  # as of a store without checksums
    targets = {name: tmp_path / f"{name}.nii.gz" for name in ("image", "mask")}
    tracemalloc.start()
    write_case(cohort.store, ("a", targets))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 64 * 128 * 128 / 4  # a quarter of the image
    assert len(gzip.decompress(targets["image"].read_bytes())) == 352 + 2 * 64 * 128 * 128
