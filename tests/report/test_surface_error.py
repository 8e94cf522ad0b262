from itertools import permutations

import numpy as np
import pytest
from mpl_toolkits.mplot3d import proj3d

from lungseg.report.surface_error import _VIEWS, SurfaceError, _apart_in_depth, surface_error


def sphere(n=500, **changes):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(n, 3))
    points *= np.array([100, 80, 120]) / np.linalg.norm(points, axis=1, keepdims=True)
    values = {"case": "a", "points_mm": points, "distance_mm": rng.uniform(0, 3, n), **changes}
    return SurfaceError(**values)


ITEMS = {
    "one": [sphere()],
    "three": [sphere()] * 3,
    "one point": [sphere(1)],
    "no points": [sphere(0)],
    "no points beside some": [sphere(0), sphere()],
    "perfect": [sphere(distance_mm=np.zeros(500))],
    "no predicted surface": [sphere(distance_mm=np.full(500, np.inf))],
    "none": [],
}


@pytest.mark.parametrize("items", ITEMS.values(), ids=ITEMS)
def test_draws(draw, items):
    assert "surface" in draw(surface_error(items, synthetic=True))


def screen(axes, z, y, x):
    return np.array(proj3d.proj_transform(x, y, z, axes.get_proj()))[:2]


def test_from_the_front_the_patients_left_is_on_the_viewers_right(draw):
    figure = surface_error([sphere()])
    draw(figure)
    front, behind = figure.axes[:2]
    assert "front" in front.get_title()
    centre = screen(front, 0, 0, 0)
    assert screen(front, 0, 0, 50)[0] > centre[0]
    assert screen(front, 50, 0, 0)[1] > centre[1]
    # From behind left, the back lies to the right and the left to the left.
    centre = screen(behind, 0, 0, 0)
    assert screen(behind, 0, 50, 0)[0] > centre[0] > screen(behind, 0, 0, 50)[0]


@pytest.mark.parametrize(
    ("number", "names"), [(0, {"left", "head"}), (1, {"left", "back", "head"})]
)
def test_arrows_point_where_the_patient_lies(draw, number, names):
    figure = surface_error([sphere()])
    draw(figure)
    axes = figure.axes[number]
    steps = {"left": (0, 0, 50), "back": (0, 50, 0), "head": (50, 0, 0)}
    arrows = {text.get_text(): text.xyann for text in axes.texts if text.get_text() in steps}
    assert set(arrows) == names
    for name, arrow in arrows.items():
        step = screen(axes, *steps[name]) - screen(axes, 0, 0, 0)
        np.testing.assert_allclose(
            step / np.linalg.norm(step), arrow / np.linalg.norm(arrow), atol=1e-6
        )


def test_a_millimetre_is_as_long_up_as_sideways(draw):
    figure = surface_error([sphere()])
    draw(figure)
    front = figure.axes[0]
    centre = screen(front, 0, 0, 0)
    up = np.linalg.norm(screen(front, 50, 0, 0) - centre)
    assert np.linalg.norm(screen(front, 0, 0, 50) - centre) == pytest.approx(up)


@pytest.mark.parametrize(
    ("distances", "says"),
    [
        (np.arange(101.0) / 100, "clipped at 1.0 mm, the 99th percentile;\nlargest 1.0 mm"),
        (np.arange(101.0), "clipped at 10 mm;\nlargest 100.0 mm"),
    ],
)
def test_clipping_is_noted(draw, distances, says):
    item = sphere(101, distance_mm=distances)
    assert says in draw(surface_error([item]))


@pytest.mark.parametrize(("height", "bearing"), _VIEWS.values(), ids=_VIEWS)
def test_which_dot_is_in_front_does_not_hang_on_rounding(height, bearing):
    """Points of a grid have few depths, apart from the last bits of a product."""
    grid = np.stack(np.meshgrid(*[3.0 * np.arange(12)] * 3, indexing="ij"), axis=-1)
    points = grid.reshape(-1, 3) * [0.977, 0.977, 1]
    e, a = np.radians(height), np.radians(bearing)
    camera = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])

    def orders(dots):
        sums = [
            sum((dots[:, axis] * camera[axis] for axis in axes), start=np.zeros(len(dots)))
            for axes in permutations(range(3))
        ]
        return {np.argsort(depth + noise, kind="stable").tobytes()
                for depth in sums for noise in (0, 1e-13 * np.sin(np.arange(len(dots))))}  # fmt: skip

    moved = _apart_in_depth(points, height, bearing)
    assert (len(orders(points)) > 1) is (height == 0)  # along an axis many have one depth
    assert len(orders(moved)) == 1
    assert np.abs(np.cross(moved - points, camera)).max() < 1e-12  # nowhere else on paper
    assert np.abs(moved - points).max() < 0.001
