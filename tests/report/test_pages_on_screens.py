"""Every page in a wide window and on a phone, in both colour schemes: nothing to scroll sideways."""

import numpy as np
import pytest

from lungseg.report.audit_page import audit_html
from tests.report.audited import ALIGNMENT, case, cohort, finding, picture
from tests.report.compare_tab import write
from tests.report.evaluated import evaluation, origin, text_of
from tests.report.fake_runs import config, write_run
from tests.report.predicted import Entry, entry
from tests.report.predicted import write as write_predictions

pytestmark = pytest.mark.slow

LONG = "LCTSC_" + "a_long_name_of_a_hospital_" * 5
CODE = "structure-reference"


def report(folder):
    names = {"train": ["Case_000", "Case_001"], "test": [LONG + "2", "Case_003"]}
    cases = {name: {"n_slices": 12, "spacing_mm": [3.0, 1, 1], "scanner": LONG}
             for part in names.values() for name in part}  # fmt: skip
    of = origin(title=LONG, split=names, fingerprint={"cases": cases}, findings={LONG: [LONG]})
    text_of(evaluation(), of, folder)


def comparison(folder):
    for number in range(6):
        settings = config(loss__alpha=0.1 * number, loss__beta=0.3, model__name=LONG + str(number))
        error = {"state": "failed", "error": LONG} if number == 5 else {}
        write_run(folder / f"{LONG}{number}", settings=settings, chance=number, **error)
    write(folder)


def cross_validation(folder):
    names = [f"{LONG}{k:03d}" for k in range(6)]
    for number in range(3):
        test = names[2 * number : 2 * number + 2]
        split = {"_target_": "lungseg.splits.KFold", "k": 3, "fold": number, "seed": 0}
        sets = {"train": [name for name in names if name not in test], "test": test}
        write_run(folder / str(number), settings=config(split=split), sets=sets, chance=number)
    write(folder)


def audit(folder):
    found = [finding(CODE, "error", LONG), finding("tilt", "warning")]
    whole = cohort(case(LONG, found, ALIGNMENT, scanner=LONG), case("b"), failed={LONG + "9": LONG})
    (folder / "audit.html").write_text(audit_html(whole, picture))


def predictions(folder):
    found = [finding(CODE, "error", LONG), finding("tilt", "warning")]
    scans = [entry(LONG, found, 0), entry("b", index=1), Entry(LONG + "9", None, failed=LONG)]
    write_predictions(folder / "predictions.html", scans)


PAGES = {
    "report": (report, "report.html", "#heatmap .hm"),
    "comparison": (comparison, "compare.html", "#curves-plot .scatterlayer .trace"),
    "cross-validation": (cross_validation, "compare.html", "#curves-plot .scatterlayer .trace"),
    "audit": (audit, "audit.html", ".case img"),
    "predictions": (predictions, "predictions.html", ".scans img"),
}


@pytest.fixture(scope="module", params=PAGES)
def page(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    make, name, drawn = PAGES[request.param]
    make(folder)
    return folder / name, drawn


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 400])
def test_nothing_is_scrolled_sideways_and_no_error_is_said(browser, page, width, scheme):
    file, drawn = page
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    errors = []
    tab.on("console", lambda message: message.type == "error" and errors.append(message.text))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(f"file://{file}")
    tab.wait_for_selector(drawn)
    assert tab.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    assert errors == []
    # Dark letters on white in both: the figures are drawn so.
    paper = tab.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    ink = tab.evaluate("getComputedStyle(document.body).color")
    assert paper == "rgb(255, 255, 255)"
    assert max(int(part) for part in ink.removeprefix("rgb(").rstrip(")").split(",")) < 60
    tab.close()


@pytest.mark.parametrize("width", [1300, 400])
def test_the_viewer_fits_in_the_window(browser, tmp_path, width):
    predictions(tmp_path)
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.goto(f"file://{tmp_path / 'predictions.html'}")
    tab.locator(".open").first.click()
    tab.wait_for_function("scan !== null")
    for part in ("#viewer", "#slice", "#z", "#width", "#close", "#viewer-found"):
        box = tab.locator(part).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    for part in ("#slice", "#z", "#width", "#outline"):  # nothing to scroll down to
        box = tab.locator(part).bounding_box()
        assert box["y"] + box["height"] <= 900
    assert tab.evaluate("viewer.scrollWidth - viewer.clientWidth") <= 0
    tab.close()


def test_a_phone_shows_the_verdicts(browser, tmp_path):
    for number in range(3):
        write_run(tmp_path / str(number), settings=config(loss__alpha=0.1 * number), chance=number)
    write(tmp_path)
    tab = browser.new_page(viewport={"width": 400, "height": 900})
    tab.goto(f"file://{tmp_path / 'compare.html'}")
    tab.wait_for_selector("#curves-plot .scatterlayer .trace")
    verdict = tab.locator("#pair-table td.verdict").first.bounding_box()
    assert verdict["x"] + verdict["width"] <= 400
    tab.close()


def test_codes_of_findings_stay_on_one_line_on_a_phone(browser, tmp_path):
    audit(tmp_path)
    tab = browser.new_page(viewport={"width": 400, "height": 900})
    tab.goto(f"file://{tmp_path / 'audit.html'}")
    lines = tab.eval_on_selector_all(
        "table.found code", "all => all.map(one => one.getClientRects().length)"
    )
    assert lines == [1, 1]
    # A name that could not be prepared and the reason have the whole width, one below the other.
    name, reason = (tab.locator("#failed td").nth(k).bounding_box() for k in (0, 1))
    assert reason["y"] >= name["y"] + name["height"] - 1
    assert np.isclose(name["x"], reason["x"])
    tab.close()
