"""The audit's page as a person sees it."""

import time

import numpy as np
import pytest

from lungseg.report.audit import audit_csv
from lungseg.report.audit_charts import spread
from lungseg.report.audit_page import PICTURED, audit_html
from tests.report.audited import (
    ALIGNMENT,
    EVIL,
    case,
    cohort,
    finding,
    picture,
    shown,
    without_mask,
)


def test_what_a_person_reads_first(browser, mixed, tmp_path):
    file = tmp_path / "audit.html"
    file.write_text(audit_html(mixed, picture))
    tab = browser.new_page(viewport={"width": 1000, "height": 800})
    messages, requests = [], []
    tab.on("console", lambda message: messages.append(message.text))
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(f"file://{file}")
    assert tab.inner_text("h1 + div") == (
        "3 of 4 cases prepared: 50 slices; 1 error, 1 warning, 2 infos found."
    )
    alarms = tab.locator(".alarm").all_inner_texts()
    assert alarms[0] == "1 case could not be prepared and is left out: d."
    assert tab.locator("#failed td").all_inner_texts() == ["d", "the mask file is damaged"]
    red = tab.eval_on_selector("#failed td", "one => getComputedStyle(one).color")
    assert red == "rgb(176, 0, 32)"
    assert "Of one patient, and so never split: a with b" in tab.inner_text(".note")
    # Errors first, then warnings.
    assert [text.split("\n")[0][0] for text in tab.locator(".case h3").all_inner_texts()] == list(
        "bca"
    )
    assert (
        tab.eval_on_selector_all(
            ".planes img", "all => all.map(one => [one.complete, one.naturalWidth])"
        )
        == [[True, 608]] * 3
    )
    # Findings by code, the gravest first, with links to their cases.
    codes = tab.locator("table.found code").all_inner_texts()
    assert codes == ["missing-slice", "tilt", "padding"]
    tab.locator("table.found a").nth(1).click()
    assert tab.inner_text(".case:target h3").startswith("c")
    bars = tab.locator(".case").nth(2).locator(".about .bars > span").all_inner_texts()
    assert dict(zip(bars[::2], bars[1::2], strict=True)) == {
        flip or "as stored": f"{score:.2f}" for flip, score in ALIGNMENT["scores"].items()
    }
    assert tab.locator(".case").nth(2).locator(".about .chosen").count() == 1
    assert tab.locator(".case").nth(2).locator(".about .bars b").inner_text() == "zy"
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1000
    assert messages == []
    assert [url for url in requests if not url.startswith("data:")] == [f"file://{file}"]
    tab.close()


def test_nothing_of_the_data_is_taken_for_html():
    hostile = case(EVIL, [finding(EVIL, "warning", EVIL)], ALIGNMENT, sex=EVIL, scanner=EVIL)
    text = audit_html(cohort(hostile, failed={EVIL + "2": EVIL}), picture)
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_long_words_of_the_data_do_not_widen_the_page(browser, tmp_path):
    word = "x" * 300
    long = case(word, [finding(word, "info", word)], ALIGNMENT, sex=word, scanner=word)
    file = tmp_path / "audit.html"
    file.write_text(audit_html(cohort(long, failed={word + "2": word}), picture))
    tab = browser.new_page(viewport={"width": 800, "height": 800})
    tab.goto(f"file://{file}")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 800
    tab.close()


def test_synthetic_and_empty_masks_are_noted():
    text = audit_html(cohort(case("a", synthetic=True, n_positive=0), case("b")), picture)
    assert 'class="note">SYNTHETIC data' in text
    assert 'class="note">No lung in the mask of 1 case: a.' in text
    assert "SYNTHETIC" not in audit_html(cohort(case("a")), picture)


def test_a_page_without_masks_mentions_none(browser, tmp_path):
    alone = cohort(without_mask("a", [finding("tilt", "warning")]), without_mask("b"))
    tab = shown(browser, audit_html(alone, picture), tmp_path)
    assert tab.inner_text(".note") == (
        "No case has a mask (data.masks=none): to be looked at, not trained on or evaluated."
    )
    heads = tab.locator(".cases th").all_inner_texts()
    assert heads == ["case", "found", "slices", "matrix y x", "spacing z y x mm"]
    assert tab.locator(".cases tbody tr").all_inner_texts() == [
        "a\t1 warning\t10\t500 512\t3 0.5 0.25",
        "b\t\t10\t500 512\t3 0.5 0.25",
    ]
    assert tab.locator(".tile b").all_inner_texts() == ["2", "0", "20", "2"]
    assert "lung\nno mask" in tab.inner_text(".case dl")
    text = tab.inner_text("body")
    for word in ("share of", "outline", "flip", "score", "lead", "alignment", "No lung"):
        assert word not in text.replace("no share of lung is known", "")
    assert "through the middle of the volume" in text
    tab.close()


def test_a_page_with_and_without_masks_says_which(browser, mixed, tmp_path):
    some = cohort(*mixed.cases.values(), without_mask("n"))
    tab = shown(browser, audit_html(some, picture), tmp_path)
    assert tab.locator(".note").all_inner_texts() == [
        "No mask: n (data.masks=none): to be looked at, not trained on or evaluated."
    ]
    rows = {text.split("\t")[0]: text for text in tab.locator(".cases tbody tr").all_inner_texts()}
    assert rows["n"] == "n\t\t10\t500 512\tno mask\t\t\t3 0.5 0.25\t\t\t"
    assert rows["a"] == "a\t\t10\t500 512\t0.400\t0.0800\t0\t3 0.5 0.25\tzy\t0.84\t0.45"
    for table in tab.locator(".wide:has(table.found)").all():  # a phone scrolls down, not aside
        assert table.evaluate("one => one.scrollWidth - one.clientWidth") == 0
    (dots,) = [
        chart.locator("circle").count()
        for chart in tab.locator(".chart").all()
        if chart.locator("b").inner_text() == "empty share of slices"
    ]
    assert dots == 3
    tab.close()


def test_a_large_cohort_is_cut_and_says_so():
    asked = []

    def noise(name):
        asked.append(name)
        return np.random.default_rng(len(asked)).integers(0, 255, (200, 608, 3), np.uint8)

    many = cohort(
        *(case(f"c{n}", [finding("tilt", "warning")] * (n == 900), n_slices=n + 1, n_empty=0)
          for n in range(3000)),
        failed={f"f{n}": "damaged" for n in range(5000)},
    )  # fmt: skip
    started = time.perf_counter()
    text = audit_html(many, noise)
    assert time.perf_counter() - started < 15  # about 2 s: none of it grows with the square
    assert len(asked) == PICTURED
    assert asked[0] == "c900"
    assert f"The first {PICTURED} of 3000 cases" in text
    assert "and 3000 more: <code>audit.csv</code> has all" in text
    assert len(audit_csv(many).splitlines()) == 8001


def test_dots_are_placed_by_value_and_bars_contain_all():
    few = spread("slices", {"a": 0, "b": 5, "c": 5, "d": 10})
    assert few.summary == "median 5, 0 to 10"
    xs = [mark.x for mark in few.marks]
    assert xs[1] == xs[2]
    assert xs[1] - xs[0] == pytest.approx(xs[3] - xs[1], abs=5)
    assert [mark.text for mark in few.marks] == ["a: 0", "b: 5", "c: 5", "d: 10"]
    alike = spread("mm", {"a": 3.0, "b": 3.0}, unit=" mm")
    assert (alike.summary, alike.low, alike.high) == ("3 mm in all", "", "")
    many = spread("x", {f"c{n}": n % 10 for n in range(500)})
    assert [mark.text for mark in many.marks] == [f"50 cases: {n}" for n in range(10)]
    assert all(mark.height > 0 for mark in many.marks)
