"""Predicted scans, made up from the phantom, and their page in a browser."""

import base64
import io
from functools import cache

import numpy as np
from PIL import Image

from lungseg.metrics.sides import split_sides
from lungseg.phantom.cases import make_case
from lungseg.report.predictions_page import predictions_page
from lungseg.report.predictions_rows import Entry
from lungseg.report.scan_picture import picture
from lungseg.volume import Volume
from tests.report.audited import finding

MODEL = {
    "name": "unet",
    "sha256": "ab12cd34ef56" + "0" * 52,
    "cohort_sha256": "123456789abc" + "0" * 52,
    "lungseg": "0.4.0",
}
SETTINGS = {"tta": "none", "postprocess": {"keep": 2}}
SIZE, SLICES = 64, 44  # more slices than one picture has tiles


def volume_of(voxels, spacing):
    affine = np.zeros((4, 4))
    affine[[2, 1, 0, 3], range(4)] = *spacing, 1  # z, y, x to x, y, z
    return Volume(voxels.astype(np.int16), affine)


@cache
def scan(index):
    """A synthetic scan and its lungs. Not to be changed."""
    case = make_case(index, size=SIZE, n_slices=SLICES)
    return volume_of(case.image, case.spacing), split_sides(case.mask, case.spacing)


def prediction(name="Case_000", findings=(), **others):
    lungs = {
        "right": {"volume_ml": 2711.3, "mean_hu": -812.4, "n_components": 1},
        "left": {"volume_ml": 1204.4, "mean_hu": -790.0, "n_components": 2},
    }
    grid = {"shape": [12, 64, 64], "spacing_mm": [20.5, 7.5, 7.5], "resampled_to_mm": None}
    return {
        "scan": name,
        "lungseg": "0.5.0",
        "models": [MODEL],
        "settings": SETTINGS,
        "grid": grid,
        "lungs": lungs,
        "seconds": 3.2,
        "findings": list(findings),
    } | others


def entry(name, findings=(), index=None, *, disagreement=None, **others):
    """A scan; with the picture of a synthetic one, if its index is given."""
    shown = None if index is None else picture(*scan(index), disagreement=disagreement)
    return Entry(name, prediction(name, findings, **others), lambda: shown)


def mixed():
    """Two scans to look at, one without anything, and one that failed."""
    doubt = [finding("padding", "info", "11 % of voxels are padding"),
             finding("lung-volume", "warning", "the left lung is smaller than any before")]  # fmt: skip
    seen = [finding("trained-on", "error", "this scan was in the training set")]
    unusual = np.zeros(scan(1)[0].voxels.shape, np.uint8)
    unusual[:, 10:20, 30:50] = 250
    return [
        entry("a", index=0),
        entry("b", doubt, index=1, disagreement=unusual),
        entry("c", seen, index=2),
        Entry("d", None, failed="two slices have the same position"),
    ]


def write(file, entries):
    file.write_text(predictions_page(entries), encoding="utf-8")


class Page:
    """A page opened from disk, with all that it said and asked for."""

    def __init__(self, browser, file, first=""):
        self.tab = browser.new_page(viewport={"width": 1300, "height": 900})
        self.tab.add_init_script(first)
        self.errors, self.requests = [], []
        self.tab.on("console", lambda message: self.errors.append(message.text))
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.goto(f"file://{file}")

    def open(self, name):
        """Click a scan, and wait until its slices are there."""
        self.tab.locator(
            "tr.opens", has=self.tab.get_by_role("button", name=name, exact=True)
        ).click()
        self.wait()

    def wait(self):
        self.tab.wait_for_function("scan !== null")

    def pixels(self):
        """The drawn slice, ``[h, w, 3]``."""
        png = self.tab.evaluate("canvas.toDataURL('image/png')").split(",")[1]
        with Image.open(io.BytesIO(base64.b64decode(png))) as image:
            return np.asarray(image.convert("RGB")).astype(int)

    def shown(self):
        """The slice's index as it is written."""
        return int(self.tab.inner_text("#z-shown"))
