import io
import itertools
import shutil
import warnings

import pandas as pd
import pytest

from lungseg.report.style import style
from lungseg.runs.find import find_runs
from tests.report.audited import ALIGNMENT, case, cohort, finding
from tests.report.compare_tab import apart, grid, open_tab, tab  # noqa: F401  # fixtures
from tests.report.fake_runs import write_run


@pytest.fixture
def draw():
    """Draw a figure as it is saved, and give all its words; a warning fails the whole test."""

    def words(figure):
        with style():
            figure.savefig(io.BytesIO(), format="png", dpi=50)
        return "\n".join(
            text.get_text()
            for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))
            if text.get_visible()
        )

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ResourceWarning)  # of what other tests left open
        yield words


def slice_row(split, name, z, tp, fp, fn, dsc=None, pixels=1000):
    tn = pixels - tp - fp - fn
    if dsc is None:
        dsc = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0
    return {
        "split": split,
        "case": name,
        "z": z,
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "tn": tn,
        "mask_fraction": (tp + fn) / pixels,
        "dsc": dsc,
        "accuracy": (tp + tn) / pixels,
    }


COLUMNS = list(slice_row("test", "a", 0, 1, 0, 0))


def normal():
    rows = []
    for split, cases in (("train", "abc"), ("val", "d"), ("test", "ef")):
        for number, name in enumerate(cases):
            for z in range(20 + number):
                tp = 100 - (z - 10) ** 2 if 3 <= z <= 17 else 0
                rows.append(slice_row(split, name, z, tp, z % 3, (z % 4) * (tp > 0)))
    return pd.DataFrame(rows)


SLICES = {
    "normal": normal(),
    "one slice": pd.DataFrame([slice_row("test", "a", 0, 5, 1, 1)]),
    "one empty slice": pd.DataFrame([slice_row("test", "a", 0, 0, 0, 0)]),
    "one train slice": pd.DataFrame([slice_row("train", "a", 0, 5, 1, 1)]),
    "no empty slices": normal().query("tp + fn > 0"),
    "all perfect": pd.DataFrame([slice_row("test", "a", z, 5, 0, 0) for z in range(3)]),
    "all NaN": normal().assign(dsc=float("nan"), accuracy=float("nan")),
    "all empty": normal().query("tp + fn == 0").assign(dsc=float("nan")),
    "nothing": pd.DataFrame([], columns=COLUMNS),
}


@pytest.fixture(params=SLICES)
def slices(request):
    return SLICES[request.param].copy()


@pytest.fixture
def table():
    return normal()


@pytest.fixture
def row():
    return slice_row


@pytest.fixture(scope="session")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium here (Debian's package: chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        new_page = opened.new_page

        def patient(**settings):
            """A page that is waited for while other tests keep the cores busy."""
            page = new_page(**settings)
            page.set_default_timeout(120_000)
            return page

        opened.new_page = patient
        yield opened
        opened.close()


@pytest.fixture
def mixed():
    grave = [finding("padding", "info"), finding("missing-slice", "error"),
             finding("padding", "info", "other words")]  # fmt: skip
    return cohort(
        case("a", alignment=ALIGNMENT),
        case("b", grave, n_slices=30, n_empty=0, n_positive=200, sex="", scanner="Maker M2"),
        case("c", [finding("tilt", "warning")]),
        failed={"d": "d: the mask file is damaged"},
        patients={"a": "a", "b": "a", "c": "c"},
    )


@pytest.fixture
def runs(tmp_path):
    """Write runs, one per dictionary of arguments, and read them."""
    count = itertools.count()

    def make(*each):
        for arguments in each:
            number = next(count)
            write_run(tmp_path / str(number), chance=number, **arguments)
        return find_runs([tmp_path])

    return make
