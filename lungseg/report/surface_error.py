"""Errors of the prediction on the surface of the lungs, in three dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from lungseg.evaluation.result import SurfaceError
from lungseg.report.style import GREY, new_figure, say, style

_MOST_MM = 10.0
_SCALE_MM = 50.0
_STEP_MM = 1e-7  # far above rounding, and for all points together far below a voxel
_AXES_POINTS = 140.0  # length of the longest side on paper, about, in points of 1/72 inch
# The camera's height and bearing in degrees. Axes are x to the patient's left, y to the back and
# z to the head, so that the camera is in front, or behind to the left.
_VIEWS = {"from the front": (0.0, -90.0), "from behind left": (15.0, 40.0)}


@style()
def surface_error(items: list[SurfaceError], *, synthetic: bool = False) -> Figure:
    """Surfaces coloured by their distance to others, seen from two sides.

    Args:
        items: One case per row; those without points are named but not drawn.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure; distances above the 99th percentile or 10 mm share one colour, as the colour
        bar indicates.
    """
    if not items:
        figure = new_figure(1.2, synthetic)
        blank = figure.subplots()
        blank.set_axis_off()
        say(blank, "no case has a surface to show")
        return figure
    figure = new_figure(3.3 * len(items) + 0.3, synthetic)
    distance = np.concatenate([item.distance_mm for item in items])
    finite = distance[np.isfinite(distance)]
    percentile = float(np.percentile(finite, 99)) if len(finite) else np.inf
    top = max(min(percentile, _MOST_MM), 1e-3)
    colours = ScalarMappable(Normalize(0, top), "cividis")
    grid = []
    for row, item in enumerate(items):
        for column, (name, (height, bearing)) in enumerate(_VIEWS.items()):
            axes: Any = figure.add_subplot(
                len(items), 2, 2 * row + column + 1, projection="3d", proj_type="ortho"
            )
            axes.set_axis_off()
            axes.set_title(f"{item.case}, {name}\n(n = {len(item.distance_mm):,} points)")
            axes.view_init(height, bearing)
            _compass(axes, height, bearing)
            grid.append(axes)
            if len(item.points_mm):
                _draw(axes, item, colours)
            else:
                axes.text2D(
                    0.5, 0.5, "no surface", transform=axes.transAxes, ha="center", color=GREY
                )
    clipped = bool(len(distance)) and distance.max() > top
    bar = figure.colorbar(
        colours, ax=grid, extend="max" if clipped else "neither", shrink=min(1, 1.6 / len(items))
    )
    label = "distance to the other surface, mm"
    if clipped:
        rule = "10 mm" if top == _MOST_MM else f"{top:.1f} mm, the 99th percentile"
        label += f"\n(clipped at {rule};\nlargest {distance.max():.1f} mm)"
    bar.set_label(label)
    return figure


def _draw(axes: Any, item: SurfaceError, colours: ScalarMappable) -> None:
    points = item.points_mm[:, ::-1]
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    half = np.maximum((points.max(axis=0) - points.min(axis=0)) / 2, 1.0)
    # Dots are wider than the spacing of points in their bounding box, so that the far side does
    # not show through.
    box = 8 * (half[0] * half[1] + half[1] * half[2] + half[2] * half[0])
    apart = np.sqrt(box / len(points)) * _AXES_POINTS / (2 * half.max())
    axes.scatter(
        *_apart_in_depth(points, axes.elev, axes.azim).T,
        c=item.distance_mm,
        norm=colours.norm,
        cmap=colours.cmap,
        s=float(np.clip(1.4 * apart, 1.5, 8)) ** 2,
        linewidths=0,
        depthshade=False,
        rasterized=True,  # thousands of points would make the PDF slow to show
    )
    low, high = middle - half, middle + half
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
    # All axes have the same scale. Matplotlib would scale an array in place.
    axes.set_box_aspect(tuple(half), zoom=1.05)
    if axes.elev == 0:
        below = low[2] - 0.1 * half.max()
        ends = [middle[0] - _SCALE_MM / 2, middle[0] + _SCALE_MM / 2]
        (bar,) = axes.plot(
            ends, [low[1]] * 2, [below] * 2, color="black", linewidth=1.5, clip_on=False
        )
        bar.set_in_layout(False)  # its extent would be wrong in three dimensions
        under = below - 0.09 * half.max()
        axes.text(middle[0], low[1], under, f"{_SCALE_MM:.0f} mm", va="center", ha="center")


def _apart_in_depth(
    points: npt.NDArray[np.floating], height: float, bearing: float
) -> npt.NDArray[np.float64]:
    """Points, of which no two are equally far from the camera.

    Of dots at one depth, the last bit of a product would decide which is drawn over the other, and
    two processes might differ. Moved toward the camera, a dot stays where it is on paper.
    """
    e, a = np.radians(height), np.radians(bearing)
    to_camera = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    return np.asarray(points + _STEP_MM * np.arange(len(points))[:, None] * to_camera)


def _compass(axes: Any, height: float, bearing: float) -> None:
    """Draw the directions of the patient's left, back and head in a corner."""
    e, a = np.radians(height), np.radians(bearing)
    rightward = np.array([-np.sin(a), np.cos(a), 0.0])
    upward = np.array([-np.sin(e) * np.cos(a), -np.sin(e) * np.sin(a), np.cos(e)])
    for name, along, up in zip(("left", "back", "head"), rightward, upward, strict=True):
        if np.hypot(along, up) < 0.1:
            continue  # toward the camera or away from it
        axes.annotate(
            name,
            xy=(0.1, 0.0),
            xycoords="axes fraction",
            xytext=(24 * along, 24 * up),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=7,
            arrowprops={"arrowstyle": "<-", "color": GREY, "shrinkA": 2, "shrinkB": 0},
        )
