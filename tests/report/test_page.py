"""The page: what it says, and that it works in a browser with no network."""

import dataclasses
import json
import re

import numpy as np
import pytest

from lungseg.evaluation.thumbnails import thumbnail
from lungseg.report.figures import draw
from lungseg.report.numbers import EVALUATED, SECTIONS, shown
from lungseg.report.page import write_page
from lungseg.report.page_tables import conventions
from lungseg.report.save import save
from tests.report.evaluated import NAMES, evaluation, fetch, origin, text_of


@pytest.fixture(scope="module")
def found():
    return evaluation()


@pytest.fixture(scope="module")
def page(found, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    figures = []
    for drawn in draw(found, fetch):
        save(drawn.figure, folder, drawn.name)
        figures.append((drawn.name, drawn.caption, folder / f"{drawn.name}.png"))
    square = np.zeros((20, 20), bool)
    square[5:12, 4:9] = True
    picture = thumbnail(np.full((20, 20), 0.4, np.float32), square, square)
    test = found.slices[found.slices["split"] == "test"]
    thumbnails = dict.fromkeys(zip(test["case"], test["z"], strict=True), picture)
    file = folder / "report.html"
    write_page(file, found, origin(), figures, thumbnails)
    return file


def test_every_number_of_the_summary_is_on_the_page(found, page):
    text = page.read_text()
    listed = set(EVALUATED)
    for key, number in found.summary["test"].items():
        if isinstance(number, dict) and key != "dsc_by_convention":
            assert key in listed
    assert "10 parameters" in text
    table = re.search(r'<h2 id="numbers">.*?</table>', text, re.DOTALL)[0]
    lines = re.findall(r"<tr><td title=\"(.*?)\">.*?</td>(.*?)</tr>", table)
    keys = [key for names in SECTIONS.values() for key in names]
    assert len(lines) == len(keys)
    for (title, cells), key in zip(lines, keys, strict=True):
        assert title == key
        values = re.findall(r"<td[^>]*>(.*?)</td>", cells)
        for position, name in ((0, "test"), (4, "train")):
            words = shown(key, found.summary[name][key])
            value, interval, n = values[position : position + 3]
            interval = re.sub("<.*?>", "", interval).strip()
            assert (value, n) == (words.value, words.n)
            assert interval.startswith(words.interval)
            median = found.summary[name].get(key.replace("_mean", "_median"))
            if key.endswith("_mean") and median and median["n"]:
                assert interval.endswith(f"median {shown(key, median).value}")


def test_published_numbers_and_whether_they_compare(found, tmp_path):
    text = text_of(found, origin(), tmp_path)
    for value in ("0.9985", "0.958", "0.9737", "0.9994", "0.996", "0.782", "0.98", "0.59"):
        assert value in text
    assert ">0.9986<sup>1</sup></td>" in text  # beside the training set's own
    assert ">0.98<sup>2</sup></td>" in text  # each beside its method
    assert ">0.59<sup>3</sup></td>" in text
    assert "other cases" in text
    assert "are not comparable" in text
    assert "they are not comparable" in text_of(evaluation(synthetic=True), origin(), tmp_path)
    assert "Synthetic data" in text_of(evaluation(synthetic=True), origin(), tmp_path)


def test_selection_by_the_test_set_is_noted_in_red(found, tmp_path):
    text = text_of(found, origin(config={"allow_test_selection": True}), tmp_path)
    assert re.search(r'class="alarm">allow_test_selection=true', text)
    assert 'class="alarm"' not in text_of(found, origin(), tmp_path)


def test_omissions_are_listed(found, tmp_path):
    text = text_of(found, origin(), tmp_path)
    assert "In no set, and so not evaluated: Case_004." in text
    assert "HD95 mm (left) is undefined, and not in its mean, in Case_000, Case_001" in text
    assert "Case_001: the table is in view" in text
    text = text_of(found, origin(failed={"Case_009": "a <damaged> file"}), tmp_path)
    assert "<li>Could not be prepared: Case_009: a &lt;damaged&gt; file</li>" in text


BALANCE = {
    "n_cases": {"train": 2, "test": 2},
    "n_slices": {"train": 24, "test": 24},
    "rows": [
        {
            "name": "scanner=<b>",
            "values": {"train": 0.4368, "test": 0.43643},
            "difference": 0.00037,
            "standardized": 0.014,
        }
    ],
    "alike": ["sex"],
    "how": "the best of all 6 ways",
    "value": 0.0002,
}


def test_how_even_the_sets_are(found, tmp_path):
    text = text_of(found, origin(balance=BALANCE), tmp_path)
    table = re.search(r'Balance of the sets.*?<table id="balance">.*?</table>', text, re.DOTALL)[0]
    assert re.findall("<th>(.*?)</th>", table) == [
        "balance",
        "train",
        "test",
        "difference",
        "in SD",
    ]
    assert [re.findall("<td>(.*?)</td>", line) for line in re.findall("<tr><td>.*", table)] == [
        ["cases", "2", "2", "", ""],
        ["slices", "24", "24", "", ""],
        ["scanner=&lt;b&gt;", "0.43680", "0.43643", "0.00037", "0.01"],
    ]
    assert "equal in all cases, and so not used: sex." in table
    assert "split: the best of all 6 ways." in table
    assert "Balance of the sets" not in text_of(found, origin(), tmp_path)


def test_nothing_of_the_data_is_taken_for_html(found, tmp_path):
    text = text_of(found, origin(), tmp_path)
    assert "<script>alert" not in text
    assert "A &lt;1&gt; × 2" in text


def test_in_a_browser(browser, page, found):
    """No error, no request, all figures there, and a slice under the pointer."""
    tab = browser.new_page(viewport={"width": 1200, "height": 900})
    messages, requests = [], []
    tab.on("console", lambda message: messages.append(message.text))
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(f"file://{page}")
    tab.wait_for_selector("#heatmap .hm")
    names = [figure.name for figure in draw(found, fetch)]
    assert tab.eval_on_selector_all("figure", "all => all.map(one => one.id)") == names
    assert tab.eval_on_selector_all(
        "figure img", "all => all.every(one => one.complete && one.naturalWidth > 500)"
    )

    assert tab.locator("#slice").is_hidden()
    for plot, target in (("scatter", ".points path"), ("heatmap", ".hm")):
        tab.evaluate(f"document.getElementById('{plot}').scrollIntoView()")
        box = tab.locator(f"#{plot} {target}").first.bounding_box()
        tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        tab.wait_for_selector("#slice:not([hidden])", timeout=5000)
        words = tab.locator("#slice span").inner_text()
        assert re.fullmatch(r"Case_00[23], slice \d+", words)
        label = tab.locator(f"#{plot} .hovertext").first.text_content()
        assert words in label
        assert "accuracy" in label
        assert tab.eval_on_selector("#slice img", "one => one.naturalWidth") == 160  # eight times
        tab.mouse.move(5, 5)
        tab.wait_for_selector("#slice", state="hidden", timeout=5000)
    assert messages == []
    assert [url for url in requests if not url.startswith("data:")] == [f"file://{page}"]
    tab.close()


def test_json_in_the_page_is_json(page):
    """Not a NaN, which browsers refuse."""
    text = page.read_text()
    start = text.index("const thumbnails = ") + len("const thumbnails = ")
    pictures, _ = json.JSONDecoder().raw_decode(text[start:])
    assert len(pictures) == 24
    script = text[text.index("for (const [name, plot]") :]
    assert "NaN" not in script


def test_a_phone_shows_the_test_set_and_says_where_the_others_are(browser, page):
    tab = browser.new_page(viewport={"width": 400, "height": 800})
    tab.goto(f"file://{page}")
    heads = [one.inner_text() for one in tab.locator(".numbers thead th").all() if one.is_visible()]
    assert heads == ["", "test", "95 % interval", "n"]
    assert tab.eval_on_selector(".numbers", "one => one.getBoundingClientRect().right") <= 400
    assert "Of the test set; wider screens show train, and published numbers" in tab.inner_text(
        "body"
    )
    tab.set_viewport_size({"width": 1300, "height": 800})
    heads = [one.inner_text() for one in tab.locator(".numbers thead th").all() if one.is_visible()]
    assert heads[1::4] == ["test", "train"]
    assert "wider screens" not in tab.inner_text("body")
    tab.close()


def test_each_number_at_the_top_says_what_it_is(found, page):
    tiles = re.findall(r'<div class="tile">(.*?)</div>', page.read_text())
    assert len(tiles) == 8
    words = re.sub("<.*?>", " ", tiles[-1])
    assert "share called excellent" in words
    assert "slices with DSC above 0.975, or empty and accuracy above 0.999" in words
    assert all(len(re.findall("<span>", tile)) == 3 for tile in tiles)


def test_only_sets_with_published_numbers_have_a_column_of_them(found, tmp_path):
    three = dataclasses.replace(found, summary=found.summary | {"val": found.summary["train"]})
    split = {"train": NAMES[:1], "val": NAMES[1:2], "test": NAMES[2:]}
    text = text_of(three, origin(split=split), tmp_path)
    (head,) = re.findall(r'<table class="numbers">\s*<thead>(.*?)</thead>', text, re.DOTALL)
    assert [one for one in re.findall("<th[^>]*>(.*?)</th>", head) if one not in ("", "n")] == [
        "test", "95 % interval", "published", "val", "95 % interval", "train", "95 % interval",
        "published",
    ]  # fmt: skip


def test_what_the_network_had_without_post_processing_stands_below_the_conventions(found):
    plain = conventions(found.summary)
    mean = {"value": 0.25, "n": 4}
    before = {"report": mean, "nnunet": mean | {"value": 0.5}}
    summary = {
        name: of_set | {"dsc_before_postprocess": before} for name, of_set in found.summary.items()
    }
    *same, slices, volumes = conventions(summary)
    assert same == plain
    for row, words, value in (
        (slices, "slices with lung", "0.2500"),
        (volumes, "volumes", "0.5000"),
    ):
        assert row["name"] == f"without the post-processing: mean over {words}"
        assert [(cell.value, cell.n) for cell in row["cells"]] == [(value, "4")] * 2
