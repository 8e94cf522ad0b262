"""How large the page is, and what its pictures keep."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from lungseg.evaluation.thumbnails import MOST, thumbnail
from lungseg.phantom.cases import make_case
from lungseg.report.examples import Example
from lungseg.report.figures import draw
from lungseg.report.page import write_page
from lungseg.report.save import save
from tests.report.evaluated import evaluation, origin


@pytest.fixture(scope="module")
def large():
    """Slices of 512 × 512 with as much noise again as the phantom's, and a shifted prediction."""
    case = make_case(1, size=512, n_slices=12)
    random = np.random.default_rng(0)
    image = (case.image + 1000) / 1400 + random.normal(0, 0.04, case.image.shape)
    mask = case.mask > 0
    lung = [z for z in range(len(mask)) if mask[z].any()]
    return [(image[z].clip(0, 1).astype(np.float32), mask[z], np.roll(mask[z], 3, 0)) for z in lung]


@pytest.mark.slow
def test_cases_of_512_pixels_make_a_page_below_8_mb(large, tmp_path):
    found = evaluation()

    def fetch(rows):
        return [
            Example(row.case, row.z, *large[k % len(large)], row.dsc, row.accuracy)
            for k, row in enumerate(rows.itertuples())
        ]

    figures = []
    for drawn in draw(found, fetch):
        save(drawn.figure, tmp_path, drawn.name)
        figures.append((drawn.name, drawn.caption, tmp_path / f"{drawn.name}.png"))
    pictures = [thumbnail(*each) for each in large]
    many = {("Case_002", z): pictures[z % len(pictures)] for z in range(MOST)}
    write_page(tmp_path / "report.html", found, origin(), figures, many)
    size = (tmp_path / "report.html").stat().st_size
    assert size < 8e6
    assert size > 3e6  # all of it is there


def test_figures_keep_their_colours_and_drawings_every_pixel(tmp_path):
    """An error of one pixel is as red as it was; a drawing is not changed at all."""
    random = np.random.default_rng(0)
    drawing = np.full((300, 400, 3), 255, np.uint8)
    drawing[40:42, 20:380] = 0, 114, 178
    photo = random.integers(90, 130, (800, 1000, 1)).repeat(3, axis=2).astype(np.uint8)
    photo[400, 100:900] = 213, 94, 0
    figures = []
    for name, pixels in (("drawing", drawing), ("photo", photo)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        figures.append((name, name, tmp_path / f"{name}.png"))
    write_page(tmp_path / "report.html", evaluation(), origin(), figures, {})
    found = re.findall(
        r'<img src="data:image/(\w+);base64,(.*?)"', (tmp_path / "report.html").read_text()
    )
    shown = [np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))) for _, text in found]
    assert [kind for kind, _ in found] == ["webp", "jpeg"]
    assert (shown[0] == drawing).all()
    line = shown[1][400, 100:900].astype(int)
    assert np.abs(line.mean(axis=0) - (213, 94, 0)).max() < 40
    assert (line[:, 0] - line[:, 2]).min() > 80
