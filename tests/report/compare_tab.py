"""A comparison of made-up runs, and its page in a browser with no network."""

import pytest

from lungseg.report.compare_page import write_compare_page
from lungseg.report.comparison import compare
from lungseg.runs.find import find_runs
from tests.report.fake_runs import SETS, config, write_run

GRID = (0.2, 0.5, 0.8)


def write(folder, **arguments):
    found = compare(find_runs([folder]), **arguments)
    write_compare_page(folder / "compare.html", found)
    return found


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """Nine settings with two seeds each, and a job that failed."""
    folder = tmp_path_factory.mktemp("grid")
    number = 0
    for alpha in GRID:
        for beta in GRID:
            for seed in (1, 2):
                settings = config(loss__alpha=alpha, loss__beta=beta, seed=seed)
                height = 0.95 - (alpha - 0.5) ** 2 - (beta - 0.5) ** 2
                write_run(folder / str(number), settings=settings, dsc=height, chance=number)
                number += 1
    write_run(folder / str(number), state="failed", error="<script>alert(1)</script>")
    return folder, write(folder)


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """Two runs on each of two test sets."""
    folder = tmp_path_factory.mktemp("apart")
    for number in range(4):
        sets = SETS if number < 2 else SETS | {"test": SETS["test"][1:]}
        write_run(folder / str(number), settings=config(loss__alpha=0.2 * number), sets=sets,
                  chance=number)  # fmt: skip
    return folder, write(folder)


class Tab:
    """A page opened from disk, with all that it said and asked for."""

    def __init__(self, browser, file):
        self.page = browser.new_page(viewport={"width": 1300, "height": 900})
        self.errors, self.requests = [], []
        # Plotly's WebGL notes its own slowness in software as a warning.
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(f"file://{file}")
        self.page.wait_for_selector("#curves-plot .scatterlayer .trace")
        self.file = file

    def column(self, table, number):
        return self.page.eval_on_selector_all(
            f"#{table} tbody tr", f"rows => rows.map(row => row.cells[{number}].dataset.value)"
        )

    def choose(self, **values):
        for name, value in values.items():
            self.page.select_option(f"#{name.replace('_', '-')}", str(value))

    def names(self, plot):
        return self.page.evaluate(f"document.getElementById('{plot}').data.map(one => one.name)")

    def close(self):
        asked = [url for url in self.requests if not url.startswith(("data:", "blob:"))]
        assert asked == [f"file://{self.file}"]
        assert self.errors == []
        self.page.close()


@pytest.fixture(scope="module")
def open_tab(browser):
    opened = []

    def open_file(file):
        opened.append(Tab(browser, file))
        return opened[-1]

    yield open_file
    for tab in opened:
        tab.close()


@pytest.fixture(scope="module")
def tab(grid, open_tab):
    """One for all tests of the grid: opening takes seconds. Each chooses all that it looks at."""
    return open_tab(grid[0] / "compare.html")
