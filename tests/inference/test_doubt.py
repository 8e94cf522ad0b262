"""Each doubt: there when it must be, and not on scans like those of the training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lungseg.findings import Finding
from lungseg.sources.scan import Scan
from lungseg.volume import Volume
from tests.inference.lung_cases import doubts_about, phantom, record_of

TESTED = (2, 5, 10, 11)
ONE_CASE = record_of([phantom(0, size=32, n_slices=12)])


@pytest.fixture(scope="module")
def cases():
    return [phantom(index) for index in range(12)]


@pytest.fixture(scope="module")
def record(cases):
    """Of a model that was trained on eight of them."""
    return record_of([case for index, case in enumerate(cases) if index not in TESTED])


@pytest.fixture
def case(cases):
    """One that the model was not trained on."""
    return cases[2]


def found(case, record, **more):
    return doubts_about(case.scan(), case.labels, record, **more)


def codes(case, record, **more):
    return {finding.code for finding in found(case, record, **more)}


def text_of(findings, code, part=""):
    (text,) = {each.text for each in findings if each.code == code and part in each.text}
    return text


@pytest.fixture(scope="module")
def small_cases():
    return [phantom(index, size=32, n_slices=12) for index in range(12)]


@pytest.mark.parametrize("size", ["cases", "small_cases"])
def test_no_synthetic_case_stands_out_among_the_others(size, request):
    cases = request.getfixturevalue(size)
    for case in cases:
        others = record_of([other for other in cases if other is not case])
        assert found(case, others) == []


def test_nor_do_four_after_training_on_eight(cases, record):
    assert [found(cases[index], record) for index in TESTED] == [[], [], [], []]


def test_nor_after_training_on_two(cases):
    few = record_of(cases[:2])
    assert [found(cases[index], few) for index in TESTED] == [[], [], [], []]


def test_lungs_filled_with_tissue(case, record):
    filled = case.changed(np.where(case.mask, 40, case.volume.voxels))
    assert codes(filled, record) == {"lung-density"}
    right, left = found(filled, record)
    high = record["anatomy"]["quantities"]["right_mean_hu"]["high"]
    assert right.text == (
        "mean HU of the right lung: 40 HU, outside the range expected from 8 training case(s),"
        f" {record['anatomy']['quantities']['right_mean_hu']['low']:.0f} to {high:.0f} HU, by"
        f" {40 - high:.0f} HU"
    )
    assert "left" in left.text
    one = case.changed(np.where(case.labels == 2, 40, case.volume.voxels))
    assert [finding.text for finding in found(one, record)] == [left.text]


@pytest.mark.parametrize("side", [1, 2])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("lower", [True, False])
def test_half_a_lung_cut_off(case, record, side, axis, lower):
    lung = case.labels == side
    sums = np.cumsum(lung.sum(axis=tuple({0, 1, 2} - {axis})))
    middle = np.searchsorted(sums, sums[-1] / 2)
    part = np.moveaxis(np.zeros_like(lung), axis, 0)
    part[slice(middle) if lower else slice(middle, None)] = True
    gone = lung & np.moveaxis(part, 0, axis)
    half = case.changed(np.where(gone, 40, case.volume.voxels), case.mask * ~gone)
    findings = found(half, record)
    assert {finding.code for finding in findings} == {"lung-symmetry"}
    name = ("height", "depth", "width")[axis]
    assert text_of(findings, "lung-symmetry", name).startswith(
        f"{name} ratio of right to left lung: "
    )


@pytest.mark.parametrize(("factor", "end"), [(0.65, "low"), (1.45, "high"), (0.4, "low")])
def test_lungs_of_another_size(case, record, factor, end):
    expected = record["anatomy"]["quantities"]["left_volume_ml"]
    z, y, x = case.volume.spacing
    volume = (case.labels == 2).sum() * z * y * x / 1000 * factor**3
    off = max(volume / expected[end], expected[end] / volume)
    findings = found(case.changed(affine=case.volume.affine * [*[factor] * 3, 1]), record)
    # Its pixels and its field of view are unlike, too.
    assert {f.code for f in findings} >= {"lung-volume", "unlike-training"}
    far = f"a factor of {off:.2f}" if off >= 2 else f"{100 * (off - 1):.2g} %"
    assert text_of(findings, "lung-volume", "left") == (
        f"volume of the left lung: {volume:.0f} ml, outside the range expected from 8 training"
        f" case(s), {expected['low']:.0f} to {expected['high']:.0f} ml, by {far}"
    )


def test_many_parts(case, record):
    crumbled = case.labels.copy()
    crumbled[:, ::6] = 0
    findings = doubts_about(case.scan(), crumbled, record)
    assert {finding.code for finding in findings} == {"lung-components"}
    assert "number of parts of the right lung: " in findings[0].text
    assert findings[0].text.endswith("training case(s), 0 to 3, by 5")


def test_a_missing_lung(case, record):
    for side, name in ((1, "left"), (2, "right")):
        labels = case.labels * (case.labels == side)
        (finding,) = doubts_about(case.scan(), labels, record)
        assert finding.code == "missing-lung"
        assert finding.text.startswith(f"no {name} lung was found")


def test_no_lungs(case, record):
    (finding,) = found(case.changed(mask=case.mask * 0), record)
    assert (finding.code, finding.severity) == ("no-lungs", "warning")


@pytest.mark.parametrize("size", ["cases", "small_cases"])
def test_an_abdomen(size, request):
    cases = request.getfixturevalue(size)
    record = record_of(cases)
    for case in cases:
        third = len(case.mask) // 3
        abdomen = case.changed(case.volume.voxels[:third], case.mask[:third])
        findings = codes(abdomen, record)
        assert findings & {"no-lungs", "little-lung"}
        assert "mirrored" not in findings  # bases of lungs alone show no sides


def test_a_scan_that_ends_within_the_lungs(case, record):
    inside = np.flatnonzero(case.mask.any(axis=(1, 2)))
    middle = (inside[0] + inside[-1]) // 2
    for part, where in ((np.s_[middle:], "first"), (np.s_[:middle], "last")):
        cut = case.changed(case.volume.voxels[part], case.mask[part])
        findings = found(cut, record)
        assert {finding.code for finding in findings} >= {"cut-lung", "position"}
        for side in ("right", "left"):
            assert f"touches the {where} slice" in text_of(findings, "cut-lung", side)


def test_a_lung_that_touches_the_side(case, record):
    columns = np.flatnonzero((case.labels == 1).any(axis=(0, 1)))
    part = np.s_[:, :, (columns[0] + columns[-1]) // 2 :]
    findings = found(case.changed(case.volume.voxels[part], case.mask[part]), record)
    text = text_of(findings, "cut-lung")
    assert text.startswith("the right lung touches the outermost rows or columns over ")


def test_a_mirrored_scan(cases, record):
    for index in (*TESTED, 7):
        case = cases[index]
        mirrored = case.changed(case.volume.voxels[:, :, ::-1], case.mask[:, :, ::-1].copy())
        findings = found(mirrored, record)
        assert {finding.code for finding in findings} - {"lung-symmetry"} == {"mirrored"}
        assert "situs inversus" in text_of(findings, "mirrored")


def test_values_that_are_not_hu(case, record):
    hu = case.volume.voxels.astype(int)
    stored = found(case.changed(hu + 1024), record)
    assert text_of(stored, "implausible-hu").startswith("values can hardly be HU")
    assert {"unlike-training", "lung-density"} <= {finding.code for finding in stored}
    assert "mirrored" not in {finding.code for finding in stored}
    assert {"implausible-hu", "lung-density"} <= codes(case.changed(hu // 2), record)
    assert {"no-air", "unlike-training"} <= codes(case.changed(hu * 0.8), record)
    assert codes(case.changed(np.maximum(hu * 2, -1024)), record) == {"lung-density"}


def test_what_reading_has_said_is_not_repeated(case, record):
    stored = case.changed(case.volume.voxels.astype(int) + 1024)
    scan = stored.scan()
    said = Scan(
        scan.name,
        scan.volume,
        scan.stored_affine,
        scan.image_sha256,
        findings=[Finding("implausible-hu", "error", "")],
    )
    assert "implausible-hu" not in {f.code for f in doubts_about(said, stored.labels, record)}


@pytest.mark.parametrize(
    ("factors", "words"),
    [((2, 1, 1), {"slice"}), ((1, 1.2, 1.2), {"pixel", "field"})],
)
def test_a_grid_that_was_never_seen(case, record, factors, words):
    affine = case.volume.affine @ np.diag([*factors, 1])
    text = text_of(found(case.changed(affine=affine), record), "unlike-training")
    assert text.startswith("unlike the cases that the model was trained on: ")
    names = text.split(": ", 1)[1].split("; ")
    assert {name.split()[0] for name in names} == words


def test_a_training_scan(cases):
    names = [case.name for case in cases]
    record = record_of(cases, names[:8])
    seen = found(cases[3], record)
    assert [(finding.code, finding.severity) for finding in seen] == [("seen-in-train", "warning")]
    assert names[3] not in seen[0].text
    assert found(cases[9], record) == []  # a test case of the model
    record["split"] = {"train": names[:8], "val": names[8:10], "test": names[10:]}
    assert codes(cases[9], record) == {"seen-in-val"}
    # One more voxel of another value is another scan.
    other = cases[3].volume.voxels.copy()
    other[0, 0, 0] += 1
    assert found(cases[3].changed(other), record) == []


def test_each_of_several_models_counts(cases, record):
    """A kind of finding is told once: its numbers are those of the first model that gave it."""
    names = [case.name for case in cases]
    filled = cases[2].changed(np.where(cases[2].mask, 40, cases[2].volume.voxels))
    seen = record_of(cases, names[:3])
    wide = record | {"anatomy": {}}
    assert found(filled, wide) == []
    assert found(filled, wide, others=[record]) == found(filled, record)
    assert found(filled, record, others=[ONE_CASE | {"domain": {}}]) == found(filled, record)
    assert codes(cases[2], wide, others=[wide, seen]) == {"seen-in-train"}


def test_disagreement(case, record):
    assert found(case, record, disagreement={"right": 0.95, "left": 0.99}) == []
    (finding,) = found(case, record, disagreement={"right": 0.931, "left": 0.99})
    assert finding.code == "disagreement"
    assert finding.text == "models or flips disagree on the right lung: DSC 0.931, below 0.95"


@given(st.integers(0, 10_000), st.tuples(*[st.integers(1, 12)] * 3))
def test_whatever_comes_in_there_is_an_answer(seed, shape):
    """Specks, single slices, lungs on the wrong side: no error, and a sentence for each doubt."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(shape) < rng.random()) * rng.integers(1, 3, shape).astype(np.uint8)
    labels[: rng.integers(0, shape[0] + 1)] = 0
    voxels = rng.integers(-1024, 3071, shape).astype(np.int16)
    affine = np.diag([2.0, 2.0, 20.0, 1.0])[:, [2, 1, 0, 3]]
    scan = Scan("a", Volume(voxels, affine), affine, "")
    for finding in doubts_about(scan, labels, ONE_CASE):
        assert finding.text
        assert "nan" not in finding.text
        assert "\n" not in finding.text


def test_a_checkpoint_of_an_older_version_is_not_compared(case):
    filled = case.changed(np.where(case.mask, 40, case.volume.voxels))
    assert found(filled, {}) == []
    assert codes(case.changed(mask=case.mask * 0), {}) == {"no-lungs"}


def test_nothing_identifying_is_in_a_finding(cases, record):
    case = cases[3].changed(cases[3].volume.voxels // 2)
    for finding in found(case, record, disagreement={"left": 0.1}):
        assert case.name not in finding.text
        assert finding.path is None
