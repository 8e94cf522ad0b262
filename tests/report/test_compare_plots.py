"""The plots of ``compare.html`` in a browser with no network."""

import pandas as pd
import pytest

from tests.report.compare_tab import GRID, write
from tests.report.fake_runs import config, write_run

pytestmark = pytest.mark.slow


def test_long_names_are_cut_in_plots_and_whole_under_the_pointer(tmp_path, open_tab):
    names = [f"Case_{number:03d}" for number in range(20)]
    for number in range(3):
        settings = config(data__cases=names[number:], loss__alpha=0.1 * number)
        write_run(tmp_path / str(number), settings=settings, chance=number)
    found = write(tmp_path)
    tab = open_tab(tmp_path / "compare.html")
    labels = tab.page.evaluate("document.getElementById('dots-plot').layout.yaxis.ticktext")
    assert all(len(label) <= 40 and label.endswith("…") for label in labels)
    option = tab.page.locator("#two-a option").first
    assert len(option.inner_text()) <= 40
    assert option.get_attribute("title") == found.settings[0].name


def test_many_lines_show_their_one_number_by_colour(tmp_path, open_tab):
    for number in range(10):
        settings = config(optimizer__lr=10 ** (-number / 3))
        write_run(tmp_path / str(number), settings=settings, chance=number)
    write(tmp_path)
    tab = open_tab(tmp_path / "compare.html")
    bar = tab.page.evaluate("document.getElementById('curves-plot').data.at(-1).marker.colorbar")
    assert bar["title"]["text"] == "optimizer.lr"
    assert bar["ticktext"] == ["0.001", "0.01", "0.1", "1"]


def test_many_lines_without_a_number_have_colours_and_dashes(tab):
    looks = tab.page.evaluate("found.settings.map(one => one.colour + one.dash)")
    assert len(set(looks)) == 9


def test_curves_by_number_and_set_and_one_setting_brought_out(grid, tab):
    assert len(tab.names("curves-plot")) == 18
    tab.choose(curve_metric="loss", curve_set="train")
    losses = tab.page.evaluate("document.getElementById('curves-plot').data[0].y")
    history = pd.read_csv(grid[0] / "0" / "metrics.csv")
    assert losses == pytest.approx(history["train/loss"].tolist(), abs=1e-5)
    tab.choose(curve_setting=3)
    strong = tab.page.evaluate(
        "document.getElementById('curves-plot').data.filter(one => one.opacity === 1).map(one => one.name)"
    )
    assert strong == [grid[1].settings[3].name] * 2


def test_parallel_coordinates_and_the_surface_hold_the_runs(grid, tab):
    axes = tab.page.evaluate("document.getElementById('parallel-plot').data[0].dimensions")
    assert [axis["label"] for axis in axes[:3]] == ["alpha", "beta", "seed"]
    assert all(len(axis["values"]) == 18 for axis in axes)
    cells = tab.page.evaluate("document.getElementById('surface-plot').data[0].z")
    for row, beta in zip(cells, GRID, strict=True):
        for cell, alpha in zip(row, GRID, strict=True):
            setting = next(
                one for one in grid[1].settings if one.name == f"alpha={alpha}, beta={beta}"
            )
            assert cell == pytest.approx(setting.score)


def test_groups_stand_apart(apart, open_tab):
    folder, _ = apart
    tab = open_tab(folder / "compare.html")
    assert "Not comparable" in tab.page.inner_text(".alarm")
    assert len(tab.names("curves-plot")) == 4
    judged = tab.page.locator("#two-b option").all_inner_texts()
    tab.choose(group="B")
    others = tab.page.locator("#two-b option").all_inner_texts()
    assert len(judged) == len(others) == 2
    assert not set(judged) & set(others)


def test_what_is_left_out_is_said_and_is_no_html(grid):
    text = (grid[0] / "compare.html").read_text()
    assert "1 of 19 runs left out" in text
    assert "<script>alert" not in text


@pytest.mark.slow
def test_scattered_points_and_a_hundred_runs(tmp_path, open_tab):
    for number in range(100):
        alpha, lr = (number * 37 % 100) / 100, 10 ** -(1 + number * 53 % 100 / 25)
        settings = config(loss__alpha=alpha, optimizer__lr=lr)
        write_run(tmp_path / str(number), settings=settings, chance=number, epochs=300)
    write(tmp_path)
    assert (tmp_path / "compare.html").stat().st_size < 8e6
    tab = open_tab(tmp_path / "compare.html")
    assert tab.page.locator("#table tbody tr").count() == 100
    kinds = tab.page.evaluate("document.getElementById('surface-plot').data.map(one => one.type)")
    assert kinds == ["heatmap", "scatter"]
    scales = tab.page.evaluate(
        "['xaxis', 'yaxis'].map(name => document.getElementById('surface-plot').layout[name].type)"
    )
    assert scales == ["linear", "log"]
    epochs = tab.page.evaluate("document.getElementById('curves-plot').data[0].x")
    assert 100 <= len(epochs) <= 200
    assert epochs[-1] == 300
    assert "only some epochs" in tab.page.inner_text("#curves-note")
