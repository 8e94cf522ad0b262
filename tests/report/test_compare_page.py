"""``compare.html`` in a browser with no network, and its two tables beside it."""

import json
import math
import re

import pandas as pd
import pytest

from lungseg.evaluation.tables import write_csv
from lungseg.report.compare_tables import HEADLINES, as_json, runs_frame
from tests.report.compare_tab import write
from tests.report.fake_runs import SETS, config, write_run


def test_a_column_is_sorted_by_a_click(grid, tab):
    found = grid[1]
    heads = tab.page.eval_on_selector_all("#table th", "all => all.map(one => one.title)")
    place = heads.index("hd95_mm_mean")
    assert [float(value) for value in tab.column("table", 0)] == list(range(18))
    button = tab.page.locator("#table th button").nth(place)
    button.click()
    values = [float(value) for value in tab.column("table", place)]
    assert values == sorted(values)
    assert tab.page.locator("#table th").nth(place).get_attribute("aria-sort") == "ascending"
    button.click()
    assert [float(value) for value in tab.column("table", place)] == values[::-1]
    tab.page.locator("#table th button").first.click()
    assert tab.column("table", 0) == [str(number) for number in range(18)]  # 10 after 9
    tab.page.locator("#pair-table th button").nth(3).click()
    gaps = [float(value) for value in tab.column("pair-table", 3)]
    assert gaps == sorted(gaps)
    assert len(gaps) == len(found.pairs) == 8


def test_a_point_is_named_under_the_pointer(tab):
    for plot, mark, words in (
        ("dots-plot", ".points path", r"alpha=0\.\d, beta=0\.\d.*\d\.\d{4} \("),
        ("curves-plot", ".points path", r"alpha=0\.\d, beta=0\.\d.*epoch \d: \d\.\d{4}"),
        ("surface-plot", ".hm", r"alpha 0\.\d, beta 0\.\d.*mean of 2 run"),
    ):
        tab.page.evaluate(f"document.getElementById('{plot}').scrollIntoView()")
        box = tab.page.locator(f"#{plot} {mark}").first.bounding_box()
        tab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        tab.page.wait_for_selector(f"#{plot} .hovertext", timeout=5000)
        label = tab.page.locator(f"#{plot} .hovertext").first.text_content()
        assert re.search(words, label), label
        tab.page.mouse.move(5, 5)


def test_two_settings_are_picked(grid, tab):
    found = grid[1]
    middle = next(k for k, one in enumerate(found.settings) if one.name == "alpha=0.5, beta=0.5")
    tab.choose(two_a=0, two_b=middle)
    pair = next(p for p in found.pairs if p.b is found.settings[middle])
    assert tab.page.inner_text("#verdict") == pair.sentence
    assert "cannot be told with 8 cases" in pair.sentence
    gaps = tab.page.evaluate("document.getElementById('two-plot').data.at(-1).y")
    assert len(gaps) == len(SETS["test"])
    assert sum(gaps) / len(gaps) == pytest.approx(pair.difference.mean, abs=1e-5)
    band = tab.page.evaluate("document.getElementById('two-plot').layout.shapes[0]")
    assert [band["y0"], band["y1"]] == pytest.approx(pair.difference.ci95)
    tab.choose(two_a=middle, two_b=0)  # the other way round: the same pair, its signs turned
    band = tab.page.evaluate("document.getElementById('two-plot').layout.shapes[0]")
    assert [-band["y1"], -band["y0"]] == pytest.approx(pair.difference.ci95)
    tab.choose(two_a=1)
    tab.choose(two_b=2)
    assert "was not tested" in tab.page.inner_text("#verdict")
    tab.choose(two_b=1)
    assert "The same setting twice" in tab.page.inner_text("#verdict")
    tab.choose(two_b=0, two_metric="hd95_mm")
    assert "metric=hd95_mm compares by this" in tab.page.inner_text("#verdict")


def test_a_row_of_the_pairs_is_shown_case_by_case(grid, tab):
    found = grid[1]
    for number, key in ((5, None), (2, "Enter")):
        row = tab.page.locator(f'#pair-table tbody tr[data-b="{number}"]')
        row.scroll_into_view_if_needed()
        row.click() if key is None else row.press(key)
        assert tab.page.input_value("#two-a") == "0"
        assert tab.page.input_value("#two-b") == str(number)
        pair = next(p for p in found.pairs if p.b is found.settings[number])
        assert tab.page.inner_text("#verdict") == pair.sentence
        top = tab.page.evaluate("document.getElementById('two').getBoundingClientRect().top")
        assert -5 < top < 800


def test_verdicts_and_all_columns_are_seen_without_scrolling(grid, tab):
    for table in ("table", "pair-table"):
        hidden = tab.page.evaluate(
            f"(box => box.scrollWidth - box.clientWidth)(document.getElementById('{table}').parentNode)"
        )
        assert hidden <= 0, table
    heads = tab.page.locator("#pair-table th").all_inner_texts()
    assert heads[2].startswith("verdict")


def test_what_is_called_excellent_is_explained(tab):
    note = tab.page.locator(".excellent").first
    assert not note.is_visible()
    tab.choose(dots_key="share_excellent")
    assert note.is_visible()
    tab.choose(dots_key="volume_dsc_mean")


def test_settings_and_numbers_that_some_runs_lack(tmp_path, open_tab):
    """A conditional search: momentum of SGD alone; HD95 undefined in two runs."""
    for number in range(12):
        settings = config(optimizer__lr=10 ** (-number / 4), seed=0)
        if number % 2:
            settings["optimizer"] |= {"_target_": "torch.optim.SGD", "momentum": 0.1234567 * number}
        names = ["sgd" if number % 2 else "adam", f"lr={settings['optimizer']['lr']}"]
        write_run(tmp_path / str(number), settings=settings, choices={"optimizer": names[0]},
                  overrides=[f"optimizer={names[0]}"], chance=number)  # fmt: skip
        if number in (3, 4):
            file = tmp_path / str(number) / "evaluation" / "summary.json"
            summary = json.loads(file.read_text())
            summary["test"]["hd95_mm_mean"] = {"value": None, "n": 0}
            file.write_text(json.dumps(summary))
    write(tmp_path, metric="hd95_mm")
    tab = open_tab(tmp_path / "compare.html")
    (plot,) = tab.page.evaluate("document.getElementById('parallel-plot').data")
    axes = {axis["label"]: axis for axis in plot["dimensions"]}
    assert list(axes) == ["optimizer", "lr", "momentum", "test HD95 mm", "test slice DSC"]
    assert axes["optimizer"]["ticktext"] == ["adam", "sgd"]
    momentum = axes["momentum"]
    assert momentum["ticktext"] == [
        "none",
        "0.1235",
        "0.3704",
        "0.6173",
        "0.8642",
        "1.111",
        "1.358",
    ]
    assert momentum["tickvals"][0] < min(momentum["tickvals"][1:])
    assert momentum["values"][::2] == [momentum["tickvals"][0]] * 6
    assert momentum["values"][1::2] == pytest.approx([0.1234567 * k for k in range(1, 12, 2)])
    assert axes["test HD95 mm"]["ticktext"][0] == "undefined"
    assert len(set(plot["line"]["color"])) == 11  # all others have colours of their own
    assert "none" in tab.page.inner_text("#parallel-note")
    assert tab.page.locator("#curves-plot .cbtitle").count() == 0


def test_the_tables_hold_the_same(grid, tmp_path):
    found = grid[1]
    content = json.loads(json.dumps(as_json(found), allow_nan=False))
    write_csv(tmp_path / "compare.csv", runs_frame(found))
    rows = pd.read_csv(tmp_path / "compare.csv", dtype={"run": str})
    assert content["differences"] == ["loss.alpha", "loss.beta"]
    assert content["repeats"] == [1, 2]
    assert list(rows["run"]) == [run["run"] for run in content["runs"]]
    assert list(rows["state"]) == ["completed"] * 18 + ["failed"]
    for row, run in zip(rows.to_dict("records"), content["runs"], strict=True):
        assert row["loss.alpha"] == run["settings"]["loss.alpha"]
        for key in HEADLINES:
            number = run["numbers"].get("test", {}).get(key, {"value": math.nan})
            assert row[f"test/{key}"] == pytest.approx(number["value"], nan_ok=True)
            if "ci95" in number:
                assert [row[f"test/{key}_low"], row[f"test/{key}_high"]] == number["ci95"]
                assert row[f"test/{key}_n"] == number["n"]
    (group,) = content["groups"]
    for setting in group["settings"]:
        repeats = [run for run in content["runs"] if run["run"] in setting["runs"]]
        values = [run["numbers"]["test"]["volume_dsc_mean"]["value"] for run in repeats]
        mean = setting["headlines"]["test"]["volume_dsc_mean"]
        assert mean["value"] == pytest.approx(sum(values) / 2)
        assert (mean["low"], mean["high"], mean["n_runs"]) == (min(values), max(values), 2)
