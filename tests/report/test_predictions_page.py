"""The page of predictions as a person reads it; the viewer has a file of its own."""

import dataclasses
import json
import re
import tracemalloc

import numpy as np
import pytest

from lungseg.report import predictions_page as predictions
from lungseg.report.predictions_page import predictions_page
from lungseg.report.room import fitting
from lungseg.report.scan_picture import FORMAT, SIZES, letters, picture
from lungseg.report.scan_picture import opened as opened_picture
from tests.report.audited import EVIL, finding
from tests.report.predicted import (
    MODEL,
    SETTINGS,
    Entry,
    Page,
    entry,
    mixed,
    prediction,
    volume_of,
    write,
)


@pytest.fixture
def opened(browser, tmp_path):
    tabs = []

    def make(*entries):
        write(tmp_path / "predictions.html", entries)
        tabs.append(Page(browser, tmp_path / "predictions.html"))
        return tabs[-1].tab

    yield make
    for page in tabs:
        assert page.errors == []
        page.tab.close()


def rows(tab):
    """Words of each row, one space apart."""
    return [" ".join(text.split()) for text in tab.locator(".scans tbody tr").all_inner_texts()]


def test_what_a_person_reads_first(opened):
    tab = opened(*mixed())
    assert tab.inner_text("h1 + div") == "3 of 4 scans predicted; 2 with a warning or an error."
    assert tab.locator(".alarm").all_inner_texts() == ["1 scan failed: d."]
    assert tab.locator(".note").count() == 0
    assert tab.locator(".tile b").all_inner_texts() == ["3", "1", "2"]
    grid = "12 × 64 × 64 20.5 × 7.5 × 7.5 mm"
    # What needs attention comes first.
    assert rows(tab) == [
        "d Failed: two slices have the same position",
        f"c {grid} 2,711 1,204 3,916 error this scan was in the training set trained-on",
        f"b {grid} 2,711 1,204 3,916 warning the left lung is smaller than any before lung-volume"
        " 1 info",
        f"a {grid} 2,711 1,204 3,916",
    ]
    red = tab.eval_on_selector(".failed", "one => getComputedStyle(one).color")
    assert red == "rgb(176, 0, 32)"
    pictures = tab.locator(".scans img")
    for k in range(3):
        pictures.nth(k).scroll_into_view_if_needed()
    tab.wait_for_function(
        "[...document.querySelectorAll('.scans img')].every((one) => one.naturalWidth === 608)"
    )
    assert pictures.count() == 3


def test_the_model_and_the_settings(opened):
    tab = opened(*mixed())
    assert tab.inner_text("#scans + p") == "Model: unet ab12cd34ef56"
    assert tab.inner_text("#models + p") == "3 scans, predicted by lungseg 0.5.0."
    cells = tab.locator(".models td").all_inner_texts()
    assert cells == ["unet", "ab12cd34ef56", "123456789abc", "0.4.0"]
    tab.click("text=Settings >> nth=-1")
    assert tab.inner_text("pre") == "tta: none\npostprocess:\n  keep: 2\n"


def test_scans_of_other_models_or_settings_are_told_apart(opened):
    both = {"models": [MODEL, MODEL | {"name": "other", "cohort_sha256": None}]}
    other = {"settings": SETTINGS | {"tta": "flip"}}
    tab = opened(entry("a"), entry("b", **both), entry("c", **other), entry("d"))
    assert tab.locator(".note").all_inner_texts() == [
        "The scans were predicted by different models or settings: A, B, C below."
    ]
    assert [re.search(r"settings (\w)", text)[1] for text in rows(tab)] == list("ABCA")
    assert tab.locator("#models ~ p").all_inner_texts() == [
        "Settings A: 2 scans, predicted by lungseg 0.5.0.",
        "Settings B: 1 scan, predicted by lungseg 0.5.0; the probabilities of 2 models were"
        " averaged.",
        "Settings C: 1 scan, predicted by lungseg 0.5.0.",
    ]
    assert "not known" in tab.locator(".models").nth(1).inner_text()


def test_a_resampled_scan_a_missing_lung_and_no_scan_at_all(opened):
    grid = {"shape": [5, 64, 64], "spacing_mm": [5, 1, 1], "resampled_to_mm": [5, 0.7, 0.7]}
    lungs = {
        "right": {"volume_ml": 0.0, "mean_hu": None, "n_components": 0},
        "left": {"volume_ml": 900.0, "mean_hu": -800.0, "n_components": 1},
    }
    tab = opened(entry("a", index=0, grid=grid, lungs=lungs))
    (text,) = rows(tab)
    assert text == (
        "a 5 × 64 × 64 5 × 1 × 1 mm resampled to 5 × 0.7 × 0.7 mm for the model 0 900 900"
    )
    tab.click("tr.opens")
    assert tab.inner_text("#about").split("\n")[1] == "not found"
    nothing = opened()
    assert nothing.inner_text("h1 + div") == "0 of 0 scans predicted; no warnings."


def test_a_scan_refused_for_doubt_can_be_looked_at(opened):
    refused = dataclasses.replace(entry("a", index=0), failed="the left lung is too small")
    tab = opened(refused)
    assert rows(tab)[0].endswith("3,916 Failed: the left lung is too small")
    assert tab.locator("tr.opens").count() == 1


def test_a_damaged_picture_is_noted_and_damages_nothing_else(opened):
    tab = opened(Entry("a", prediction("a"), lambda: b"{}"), entry("b", index=0))
    assert rows(tab)[0].endswith(
        "No picture: its picture is damaged or of another version of lungseg; overwrite=true"
        " predicts it again."
    )
    assert tab.locator("tr.opens").count() == 1


def test_what_has_no_room_is_left_out_and_noted(monkeypatch):
    scans = [entry("a", index=0), entry("b", [finding("tilt", "warning")], 1), entry("c", index=2)]
    sizes = [opened_picture(one.picture()) for one in scans]
    small = [len(one.thumbnail) for one in sizes]
    room = sum(small) + letters(sizes[1].views[-1])  # that of b: it needs attention
    monkeypatch.setattr(predictions, "fitting", lambda all_of: fitting(all_of, room))
    text = predictions_page(scans)
    assert "1 of 3 scans can be opened in the viewer: the page has no room for more." in text
    assert "have a thumbnail" not in text
    assert re.findall(r'<tr class="opens".*?type="button">(\w)<', text) == ["b"]
    assert text.count("<img ") == 3
    monkeypatch.setattr(predictions, "fitting", lambda all_of: fitting(all_of, small[1]))
    text = predictions_page(scans)
    assert "0 of 3 scans can be opened in the viewer" in text
    assert "1 of 3 scans have a thumbnail" in text
    assert text.count("<img ") == 1


def test_pictures_of_all_scans_are_never_in_memory_together():
    view = {"grey": ["g" * 2_000_000], "labels": ["l"], "disagreement": ["d"]}
    large = {"format": FORMAT, "shape": [1, 1, 1], "thumbnail": "t", "width": 1, "height": 1,
             "views": [view]}  # fmt: skip
    # Each is made when it is read, as from a file.
    scans = [
        Entry(f"{k}", prediction(f"{k}"), lambda: json.dumps(large).encode()) for k in range(100)
    ]
    tracemalloc.start()
    text = predictions_page(scans)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert text.count('<tr class="opens"') == 6
    assert peak < 90e6  # the page has 13 MB, all pictures 200 MB


def test_nothing_of_the_data_is_taken_for_html(opened):
    models = [{"name": EVIL, "sha256": EVIL, "cohort_sha256": EVIL, "lungseg": EVIL}]
    evil = entry(EVIL, [finding(EVIL, "warning", EVIL)], 0, models=models, settings={EVIL: EVIL},
                 lungseg=EVIL)  # fmt: skip
    entries = [evil, Entry(EVIL + "2", None, failed=EVIL), Entry("</script>" + EVIL, None)]
    text = predictions_page(entries)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    tab = opened(*entries)
    tab.click("tr.opens")
    tab.wait_for_function("scan !== null")
    assert tab.inner_text("#viewer-name") == EVIL


@pytest.mark.slow
def test_two_hundred_scans_make_a_page_below_15_mb_that_is_usable(browser, tmp_path):
    """It opens in 0.6 s on two cores; the clock of a busy machine would prove nothing."""
    random = np.random.default_rng(0)
    labels = np.zeros((100, 384, 384), np.uint8)
    labels[20:80, 120:260, 80:160], labels[20:80, 120:260, 220:300] = 1, 2
    z, y, x = np.indices(labels.shape, sparse=True)
    hu = np.where((y - 192) ** 2 + (x - 192) ** 2 < 160**2, 40, -1000) + 0 * z
    hu[labels > 0] = -850
    noisy = volume_of(hu + random.normal(0, 25, hu.shape), (2.5, 0.9, 0.9))
    content = picture(noisy, labels, disagreement=None)
    doubt = [finding("lung-volume", "warning", "smaller than any before"), finding("b", "info")]
    file = tmp_path / "predictions.html"
    write(file, [Entry(f"Case_{k:03d}", prediction(f"Case_{k:03d}", doubt), lambda: content)
                 for k in range(200)])  # fmt: skip
    assert 5e6 < file.stat().st_size < 15e6
    page = Page(browser, file)
    assert page.tab.evaluate("performance.getEntriesByType('navigation')[0].duration") < 10_000
    (note,) = page.tab.locator(".note").all_inner_texts()
    slices, side = map(int, re.match(
        r"With 200 scans on one page, the viewer shows at most (\d+) slices of (\d+) pixels for"
        r" each; the files of the masks have all\.$", note).groups())  # fmt: skip
    assert (side, slices) in [(size.side, size.slices) for size in SIZES[1:]]
    assert page.tab.locator(".scans img").count() == 200
    page.open("Case_199")
    shown = int(re.search(r"Shown: (\d+) of 100 slices", page.tab.inner_text("#reduced"))[1])
    assert 24 <= shown <= slices
    assert page.errors == []
    page.tab.close()
