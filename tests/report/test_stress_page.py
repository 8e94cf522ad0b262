"""Rows and curves of a stress test."""

import pytest

from lungseg.report.stress_curves import limits, stress_curve, stress_curves
from lungseg.report.stress_page import SHOWN, level_row, write_stress_page


def number(value, n=5, **more):
    return {"value": value, "n": n, **more}


def level(strength, dsc, hd95, change=0.0):
    difference = {"volume_dsc_mean": number(change, ci95=[-0.02, -0.01]),
                  "hd95_mm_mean": number(-100 * change)}  # fmt: skip
    return {
        "strength": strength,
        "n_refused": int(strength > 50),
        "volume_dsc_mean": number(dsc, n_missed=1) if dsc is None else number(dsc, ci95=[0.9, 1]),
        "hd95_mm_mean": number(hd95),
        "difference": difference,
    }


LEVELS = [level(0, 0.98, 2.5), level(20, 0.965, 4.0, -0.015), level(80, None, None)]
NOISE = {"unit": "HU", "levels": LEVELS}


def test_a_row_has_means_and_signed_differences():
    assert level_row(LEVELS[1], "HU") == [
        "20 HU", "0.9650", "0.9000 to 1.0000", "-0.0150", "-0.0200 to -0.0100",
        "4.00", "-", "+1.50", "-", "5",
    ]  # fmt: skip
    assert level_row(LEVELS[2], "HU")[1] == "-"
    assert level_row(LEVELS[2], "HU")[-1] == "5, 1 missed, 1 without a patient"


def test_a_difference_that_is_rounded_to_0_has_no_sign():
    assert level_row(level(5, 0.97, 3, -0.00002), "HU")[3:9:4] == ["0.0000", "0.00"]
    undefined = level(5, None, None) | {"difference": dict.fromkeys(SHOWN, number(None))}
    assert level_row(undefined, "HU")[3:5] == ["-", "-"]


def test_an_axis_reaches_as_far_as_the_lowest_interval():
    wide = level(5, 0.7, 40.0) | {"volume_dsc_mean": number(0.7, ci95=[0.5, 0.8])}
    assert limits([NOISE, {"levels": [wide]}], "volume_dsc_mean") == pytest.approx((0.485, 1.015))
    assert limits([{"levels": [wide]}], "hd95_mm_mean") == pytest.approx((-1.2, 41.2))


def test_the_scans_as_they_are_have_no_difference():
    clean = {key: value for key, value in LEVELS[0].items() if key != "difference"}
    row = ["0 HU", "0.9800", "0.9000 to 1.0000", "", "", "2.50", "-", "", "", "5"]
    assert level_row(clean, "HU") == row


def test_a_curve_goes_through_the_means_at_its_strengths(draw):
    figure = stress_curve("noise", NOISE)
    left, right = figure.axes
    assert [line.get_xydata().tolist() for line in left.lines] == [[[0, 0.98], [1, 0.965]]]
    assert [line.get_xydata().tolist() for line in right.lines] == [[[0, 2.5], [1, 4.0]]]
    assert left.get_ylim() == pytest.approx((0.897, 1.003))
    assert right.get_ylim() == pytest.approx((-0.3, 10.3))
    (spans,) = left.collections
    assert [segment[:, 1].tolist() for segment in spans.get_segments()] == [[0.9, 1], [0.9, 1]]
    assert {"noise, HU", "20", "80", "HD95, mm"} <= {*draw(figure).split("\n")}


def test_all_corruptions_are_on_one_scale(draw):
    summary = dict.fromkeys(("noise", "blur", "shift", "crop", "dose"), NOISE)
    figure = stress_curves(summary, synthetic=True)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 5
    assert len({axes.get_ylim() for axes in shown}) == 1
    assert "synthetic data" in draw(figure)


@pytest.mark.parametrize("selected", [False, True])
def test_a_choice_by_the_test_set_is_told(selected, tmp_path):
    content = {"synthetic": False, "allow_test_selection": selected}
    levels = [{**one, "n_cases": 5} for one in LEVELS]
    content["corruptions"] = {"noise": {"unit": "HU", "levels": levels}}
    write_stress_page(tmp_path / "page.html", content, [], subtitle="")
    page = (tmp_path / "page.html").read_text()
    assert ("allow_test_selection=true: this run may have used its test set" in page) == selected
