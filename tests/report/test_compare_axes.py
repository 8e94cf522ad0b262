"""One wide interval does not flatten the axis of all others."""

import json

import pytest

from tests.report.compare_tab import write
from tests.report.fake_runs import config, write_run

pytestmark = pytest.mark.slow


def widen(run, key, ends):
    file = run / "evaluation" / "summary.json"
    summary = json.loads(file.read_text())
    summary["test"][key]["ci95"] = ends
    file.write_text(json.dumps(summary))


def span(tab, plot, axis):
    low, high = tab.page.evaluate(f"document.getElementById('{plot}').layout.{axis}.range")
    return high - low


def test_a_wide_bar_among_narrow_ones_is_cut_and_said_so(tmp_path, open_tab):
    for number in range(4):
        write_run(tmp_path / str(number), settings=config(loss__alpha=0.2 * number), chance=number)
    widen(tmp_path / "2", "hd95_mm_mean", [0.0, 700.0])
    write(tmp_path)
    tab = open_tab(tmp_path / "compare.html")
    tab.choose(dots_key="volume_dsc_mean")
    assert tab.page.inner_text("#dots-note") == ""
    tab.choose(dots_key="hd95_mm_mean")
    assert "point at a dot for its interval" in tab.page.inner_text("#dots-note")
    # Other bars are 2 mm wide, and values differ by few.
    assert 2 < span(tab, "dots-plot", "xaxis") < 30


def test_bars_that_are_all_wide_are_shown_whole(tmp_path, open_tab):
    for number in range(3):
        run = tmp_path / str(number)
        write_run(run, settings=config(loss__alpha=0.2 * number), chance=number)
        widen(run, "hd95_mm_mean", [0.0, 100.0 + number])
    write(tmp_path)
    tab = open_tab(tmp_path / "compare.html")
    tab.choose(dots_key="hd95_mm_mean")
    assert tab.page.inner_text("#dots-note") == ""
    assert 102 < span(tab, "dots-plot", "xaxis") < 120


def test_a_wide_band_leaves_the_differences_to_be_seen(tmp_path, open_tab):
    """Two cases: the interval of a difference is as wide as the metric allows."""
    sets = {"train": ["Case_000"], "test": ["Case_002", "Case_003"]}
    for number in range(2):
        write_run(tmp_path / str(number), settings=config(loss__alpha=0.2 * number), sets=sets,
                  dsc=0.94 + 0.02 * number, chance=number)  # fmt: skip
    found = write(tmp_path)
    low, high = found.pairs[0].difference.ci95
    tab = open_tab(tmp_path / "compare.html")
    gaps = tab.page.evaluate("document.getElementById('two-plot').data.at(-1).y")
    tallest = max(0, *gaps) - min(0, *gaps)
    assert high - low > 6 * tallest
    assert tallest < span(tab, "two-plot", "yaxis2") < 6 * tallest
    words = tab.page.evaluate("document.getElementById('two-plot').layout.annotations[0].text")
    assert "which goes on beyond the plot" in words
