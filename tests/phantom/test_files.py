"""The files of a written cohort, which is never left incomplete."""

from __future__ import annotations

import hashlib
from itertools import product

import numpy as np
import pydicom
import pytest

from lungseg.phantom import make_case, write_case, write_cohort

SMALL = {"size": 32, "n_slices": 12}


def hashes(root):
    return {
        str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(root.rglob("*"))
        if file.is_file()
    }


def height(dataset):
    return float(dataset.ImagePositionPatient[2])


def by_height(case_files):
    return sorted((dataset for _, dataset in case_files), key=height)


def test_layout(phantom_root, cases):
    assert sorted(path.name for path in phantom_root.iterdir()) == ["Images", "Segmentations"]
    for index, case in enumerate(cases):
        images = list((phantom_root / "Images" / f"Case_{index:03d}").iterdir())
        assert len(images) == len(case.image)
        assert all(file.suffix == ".dcm" for file in images)
        assert (phantom_root / "Segmentations" / f"Case_{index:03d}_seg.npz").is_file()
    assert len(list((phantom_root / "Segmentations").iterdir())) == 12


def test_ordered_by_position_and_rescaled_the_files_are_the_image(files, cases):
    for case_files, case in zip(files, cases, strict=True):
        ordered = by_height(case_files)
        hu = np.stack(
            [
                d.pixel_array.astype(np.int64) * int(d.RescaleSlope) + int(d.RescaleIntercept)
                for d in ordered
            ]
        )
        np.testing.assert_array_equal(np.maximum(hu, -1024), case.image)
        heights = [height(d) for d in ordered]
        np.testing.assert_allclose(np.diff(heights), case.spacing[0], atol=1e-3)
        assert [float(v) for v in ordered[0].ImagePositionPatient] == pytest.approx(case.origin)
        assert [float(v) for v in ordered[0].PixelSpacing] == pytest.approx(case.spacing[1:])


def test_every_flip_of_a_mask_occurs_and_undoes(phantom_root, cases):
    assert {case.plant.mask_flip for case in cases} == set(product((False, True), repeat=3))
    for index, case in enumerate(cases):
        with np.load(phantom_root / "Segmentations" / f"Case_{index:03d}_seg.npz") as arrays:
            stored = arrays["masks"]
        assert stored.dtype == np.uint8
        axes = [axis for axis, flip in enumerate(case.plant.mask_flip) if flip]
        np.testing.assert_array_equal(np.flip(stored, axes), case.mask)


def test_name_orders(files, cases):
    assert len({case.plant.name_order for case in cases}) == 4
    for case_files, case in zip(files, cases, strict=True):
        heights = [height(dataset) for _, dataset in case_files]
        rising, falling = heights == sorted(heights), heights == sorted(heights, reverse=True)
        assert (rising, falling) == {
            "feet_first": (True, False),
            "head_first": (False, True),
            "unpadded": (False, False),
            "random": (False, False),
        }[case.plant.name_order]
        if case.plant.name_order == "unpadded":
            assert {"1-1.dcm", "1-2.dcm", "1-10.dcm"} <= {name for name, _ in case_files}


def test_instance_orders(files, cases):
    assert len({case.plant.instance_order for case in cases}) == 4
    for case_files, case in zip(files, cases, strict=True):
        numbers = [int(dataset.InstanceNumber) for dataset in by_height(case_files)]
        rising = list(range(1, len(numbers) + 1))
        order = case.plant.instance_order
        if order == "scrambled":
            assert sorted(numbers) == rising
            assert numbers not in (rising, rising[::-1])
        else:
            expected = {
                "ascending": rising,
                "descending": rising[::-1],
                "from_two": [number + 1 for number in rising],
            }
            assert numbers == expected[order]


def test_the_same_seed_gives_the_same_bytes(phantom_root, tmp_path):
    write_cohort(tmp_path / "again", **SMALL)
    assert hashes(tmp_path / "again") == hashes(phantom_root)


def test_another_seed_gives_another_patient(tmp_path):
    first, other = (make_case(0, seed=seed, **SMALL) for seed in (0, 1))
    assert first.spacing != other.spacing
    for case, seed in ((first, 0), (other, 1)):
        write_case(case, tmp_path / str(seed), 0, seed=seed)
    uids = [pydicom.dcmread(next(tmp_path.glob(f"{s}/Images/*/*"))).StudyInstanceUID for s in "01"]
    assert uids[0] != uids[1]


def test_progress_is_reported(tmp_path):
    seen = []
    write_cohort(tmp_path / "cohort", n_cases=2, on_case=seen.append, **SMALL)
    assert seen == [0, 1]
    assert len(list((tmp_path / "cohort" / "Images").iterdir())) == 2


def test_a_failure_in_the_middle_leaves_nothing(tmp_path):
    def fail(index):
        if index == 1:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_cohort(tmp_path / "cohort", n_cases=3, on_case=fail, **SMALL)
    assert list(tmp_path.iterdir()) == []


def test_the_cohort_appears_only_when_whole(tmp_path):
    def look(index):
        (workshop,) = tmp_path.iterdir()
        assert workshop.name.startswith(".")

    write_cohort(tmp_path / "cohort", n_cases=2, on_case=look, **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["cohort"]


def test_what_exists_is_left_alone(tmp_path):
    (tmp_path / "cohort").mkdir()
    with pytest.raises(FileExistsError, match="cohort"):
        write_cohort(tmp_path / "cohort", n_cases=1, **SMALL)
    assert list((tmp_path / "cohort").iterdir()) == []


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"size": 8}, "size must be at least 32, got 8"),
        ({"n_slices": 11}, "n_slices must be at least 12, got 11"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"n_cases": 0}, "n_cases must be at least 1, got 0"),
    ],
)
def test_arguments_out_of_range(argument, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        write_cohort(tmp_path / "new" / "cohort", **argument)
    assert list(tmp_path.iterdir()) == []
    if "n_cases" not in argument:
        with pytest.raises(ValueError, match=message):
            make_case(0, **argument)
