"""The viewer of the page of predictions: what it draws is compared with the scan."""

import json

import numpy as np
import pytest

from lungseg.data.preview import LEFT, RIGHT
from lungseg.report.scan_picture import picture
from tests.report.predicted import (
    SIZE,
    Entry,
    Page,
    entry,
    mixed,
    prediction,
    scan,
    volume_of,
    write,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    made = tmp_path_factory.mktemp("predicted") / "predictions.html"
    write(made, mixed())
    return made


@pytest.fixture
def page(browser, file):
    opened = Page(browser, file)
    yield opened
    assert opened.errors == []
    assert [url for url in opened.requests if not url.startswith(("data:", "blob:"))] == [
        f"file://{file}"
    ]
    opened.tab.close()


def sampled(pixels):
    """The drawing where the centres of the slice's pixels are, ``[SIZE, SIZE, 3]``."""
    at = ((np.arange(SIZE) + 0.5) * len(pixels) / SIZE).astype(int)
    return pixels[at[:, None], at]


def windowed(hu, level, width):
    """What a window makes of HU, in grey from 0 to 255."""
    return np.clip((np.clip(hu, -1100, 400) - level) / width + 0.5, 0, 1) * 255


def error(page, index, z, level=-600, width=1500):
    """Mean error of the drawing, in grey, were it this slice in this window."""
    grey = sampled(page.pixels())
    assert (grey == grey[..., :1]).all()
    return np.abs(grey[..., 0] - windowed(scan(index)[0].voxels[z], level, width)).mean()


def has(pixels, colour):
    return (np.abs(pixels - colour).max(axis=-1) < 12).any()


def test_it_opens_at_most_lung_and_each_slice_is_the_scans(page):
    page.open("a")
    _, labels = scan(0)
    assert page.shown() == np.count_nonzero(labels, axis=(1, 2)).argmax()
    page.tab.uncheck("#outline")
    for z in (0, 5, len(labels) - 1):
        page.tab.locator("#z").fill(str(z))
        assert page.shown() == z
        assert error(page, 0, z) < 8
        assert error(page, 0, z) < min(error(page, 0, other) for other in (z - 1, z + 1)
                                       if 0 <= other < len(labels))  # fmt: skip


def test_windows_change_the_grey_values(page):
    page.open("a")
    page.tab.uncheck("#outline")
    z = page.shown()
    assert page.tab.get_attribute("#windows button >> nth=0", "aria-pressed") == "true"
    page.tab.click("text=soft tissue")
    assert page.tab.get_attribute("#windows button >> nth=0", "aria-pressed") == "false"
    assert page.tab.inner_text("#level-shown") == "40 HU"
    assert error(page, 0, z, 40, 400) < 20  # steps and compression are three times as large
    assert error(page, 0, z, -600, 1500) > 30
    page.tab.locator("#level").fill("-900")
    page.tab.locator("#width").fill("300")
    assert page.tab.inner_text("#width-shown") == "300 HU"
    assert error(page, 0, z, -900, 300) < 20
    page.tab.click("#windows >> text=lung")
    assert error(page, 0, z, -600, 1500) < 8


def test_the_outline_surrounds_each_lung_and_can_be_hidden(page):
    page.open("a")
    labels = scan(0)[1][page.shown()]
    pixels = page.pixels()
    for label, colour in ((1, RIGHT), (2, LEFT)):
        # Lines are blended at their edges: near to the colour.
        rows, columns = np.nonzero(np.abs(pixels - colour).max(axis=-1) < 40)
        expected = np.nonzero(labels == label)
        for drawn, lung in zip((rows, columns), expected, strict=True):
            scale = len(pixels) / SIZE  # 14: a quarter of a pixel is allowed
            assert drawn.min() == pytest.approx(lung.min() * scale, abs=scale / 4)
            assert drawn.max() == pytest.approx((lung.max() + 1) * scale, abs=scale / 4)
    for hide in (lambda: page.tab.uncheck("#outline"), lambda: page.tab.keyboard.press("o")):
        hide()
        assert not has(page.pixels(), RIGHT)
        page.tab.check("#outline")
        assert has(page.pixels(), RIGHT)


def test_keys_and_the_wheel_change_the_slice(page):
    page.tab.get_by_role("button", name="a", exact=True).focus()
    page.tab.keyboard.press("Enter")
    page.wait()
    z = page.shown()
    for focus in ("", "#outline", "#windows button"):  # on the slice's slider first
        if focus:
            page.tab.locator(focus).first.focus()
        before = page.pixels()
        page.tab.keyboard.press("ArrowUp")
        assert page.shown() == z + 1
        assert (page.pixels() != before).any()
        page.tab.keyboard.press("ArrowLeft")
        assert page.shown() == z
    # But the other sliders keep theirs.
    page.tab.locator("#level").focus()
    page.tab.keyboard.press("ArrowUp")
    assert (page.shown(), page.tab.inner_text("#level-shown")) == (z, "-590 HU")
    page.tab.locator("#slice").hover()
    page.tab.mouse.wheel(0, 100)
    page.tab.wait_for_function(f"$('z-shown').textContent < {z}")
    page.tab.locator("#z").focus()
    page.tab.keyboard.press("Home")
    page.tab.keyboard.press("ArrowDown")
    assert page.shown() == 0
    page.tab.keyboard.press("Escape")
    assert not page.tab.is_visible("#viewer")


def test_disagreement_is_shown_where_it_is_and_only_if_there_is_any(page):
    page.open("a")
    assert not page.tab.is_visible("#disagreement")
    page.tab.keyboard.press("Escape")
    page.open("b")
    page.tab.uncheck("#outline")
    before = sampled(page.pixels())
    page.tab.check("#disagreement")
    changed = np.abs(sampled(page.pixels()) - before).max(axis=-1) > 20
    expected = np.zeros_like(changed)
    expected[10:20, 30:50] = True
    assert (changed != expected)[12:18, 32:48].sum() == 0
    assert changed[~np.pad(expected, 0)].mean() < 0.03  # blurred by a pixel or two


def test_it_says_what_is_shown_and_goes_to_the_next_scan(page):
    page.open("c")  # the first that can be opened: it has an error
    assert page.tab.is_disabled("#before")
    assert page.tab.inner_text("#viewer-name") == "c"
    n = len(scan(2)[1])
    assert page.tab.inner_text("#reduced") == (
        f"Slice 0 is nearest to the feet. Shown: {n} of {n} slices, 64 × 64 of 64 × 64 pixels."
    )
    about = page.tab.inner_text("#about").split("\n")
    assert about == [
        *("right lung", "2,711 ml, mean -812 HU, 1 component"),
        *("left lung", "1,204 ml, mean -790 HU, 2 components"),
        *("both", "3,916 ml"),
        *("grid z × y × x", "12 × 64 × 64; 20.5 × 7.5 × 7.5 mm"),
        *("model", "unet (ab12cd34ef56)"),
        *("time", "3.2 s"),
    ]
    page.tab.click("#after")
    page.wait()
    assert page.tab.inner_text("#viewer-name") == "b"
    assert "11 % of voxels are padding" in page.tab.inner_text("#viewer-found")
    page.tab.uncheck("#outline")
    assert error(page, 1, page.shown()) < 8
    page.tab.click("#after")
    page.wait()
    assert page.tab.inner_text("#viewer-name") == "a"
    assert page.tab.is_disabled("#after")


def test_nothing_is_decoded_before_it_is_opened(browser, file):
    counting = (
        "window.decodings = 0; const made = createImageBitmap;"
        "window.createImageBitmap = (...all) => { decodings++; return made(...all); };"
    )
    page = Page(browser, file, first=counting)
    assert page.tab.evaluate("decodings") == 0
    page.open("b")
    assert page.tab.evaluate("decodings") == 6  # two of grey values, labels, disagreement each
    page.tab.close()


@pytest.mark.slow
def test_pixels_that_are_not_square_are_drawn_as_long_as_they_are(browser, tmp_path):
    shape = (3, 60, 80)
    scan = volume_of(np.full(shape, -500), (5.0, 1.5, 0.75))  # 90 × 60 mm
    shown = picture(scan, np.ones(shape, np.uint8), disagreement=None)
    write(tmp_path / "predictions.html", [Entry("a", prediction(), lambda: shown)])
    for width in (1300, 400):
        page = Page(browser, tmp_path / "predictions.html")
        page.tab.set_viewport_size({"width": width, "height": 900})
        page.open("a")
        box = page.tab.locator("#slice").bounding_box()
        assert box["height"] / box["width"] == pytest.approx(90 / 60, rel=0.02)
        page.tab.close()


@pytest.mark.slow
def test_a_damaged_picture_is_said_and_the_next_one_is_shown(browser, tmp_path):
    kept = json.loads(picture(*scan(0), disagreement=None))
    kept["views"][0]["labels"] = ["AAAA"]
    entries = [Entry("a", prediction(), lambda: json.dumps(kept).encode()), entry("b", index=1)]
    write(tmp_path / "predictions.html", entries)
    page = Page(browser, tmp_path / "predictions.html")
    page.tab.locator("tr.opens").first.click()
    page.tab.wait_for_selector("text=The picture of this scan is damaged.")
    page.tab.keyboard.press("ArrowUp")
    page.tab.click("#after")
    page.wait()
    page.tab.uncheck("#outline")
    assert error(page, 1, page.shown()) < 8
    assert page.errors == []
    page.tab.close()
