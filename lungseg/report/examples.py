"""Example slices: image, reference, prediction, and where the two differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Patch
from scipy import ndimage

from lungseg.report.style import SKY, VERMILLION, WIDTH, new_figure, say, style

_FALSE_POSITIVE, _FALSE_NEGATIVE = VERMILLION, SKY
_MASK = "#F0E442"
_RATIO = 4 / 3  # width to height of a panel: a thorax is wider than high
_LEGEND = {"false positive": _FALSE_POSITIVE, "false negative": _FALSE_NEGATIVE}
_GROUPS = ("accuracy = 1", "0.999 ≤ accuracy < 1", "accuracy < 0.999")


@dataclass(frozen=True)
class Example:
    """A slice to show.

    Attributes:
        case: Name of the case.
        z: Number of the slice, 0 being the most caudal.
        image: ``[y, x]`` windowed image from 0 to 1; y runs to the back, x to the patient's left.
        reference: ``[y, x]``, True for lung in the reference.
        prediction: ``[y, x]``, True for lung in the prediction.
        dsc: DSC of the slice.
        accuracy: Accuracy of the slice.
    """

    case: str
    z: int
    image: npt.NDArray[np.floating]
    reference: npt.NDArray[np.bool_]
    prediction: npt.NDArray[np.bool_]
    dsc: float
    accuracy: float


@style()
def examples(title: str, items: list[Example], *, synthetic: bool = False) -> Figure:
    """One row per example: image, reference, prediction and their difference.

    Args:
        title: What the examples have in common.
        items: Up to six slices, which fill a page.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure; without items, a note that there is no such slice.
    """
    if not items:
        return _nothing(title, synthetic)
    figure = new_figure(0.75 + 1.12 * len(items), synthetic)
    figure.suptitle(f"{title} (n = {len(items)} shown)")
    grid = figure.subplots(len(items), 5, squeeze=False, width_ratios=[0.72, 1, 1, 1, 1])
    for (text, *panels), item in zip(grid, items, strict=True):
        text.set_axis_off()
        text.text(0, 0.5, _words(item), transform=text.transAxes, va="center", fontsize=7)
        views = (
            _grey(item.image),
            _overlay(item.image, item.reference),
            _overlay(item.image, item.prediction),
            difference(item),
        )
        for axes, view in zip(panels, views, strict=True):
            _show(axes, view, _crop(item))
    names = ("image", "reference", "prediction", "difference")
    for axes, name in zip(grid[0, 1:], names, strict=True):
        axes.set_title(name)
    _add_legend(figure, {"lung": _MASK, **_LEGEND})
    return figure


@style()
def empty(
    perfect: list[Example],
    intermediate: list[Example],
    low: list[Example],
    *,
    synthetic: bool = False,
) -> Figure:
    """Slices without lung in the reference, with their false positives.

    Args:
        perfect: Slices of accuracy 1.
        intermediate: Slices of accuracy from 0.999 to below 1.
        low: Slices of accuracy below 0.999.
        synthetic: Whether to note that the data are synthetic.

    Returns:
        The figure: one row per group, with "none" for a group without slices.
    """
    groups = (perfect, intermediate, low)
    columns = max(4, *map(len, groups))
    height = 0.75 * WIDTH / columns + 0.6
    heights = [height if items else 0.25 for items in groups]
    figure = new_figure(0.8 + sum(heights), synthetic)
    figure.suptitle("test slices without lung in the reference (DSC undefined)")
    grid = figure.subplots(3, columns, height_ratios=heights)
    for row, items, name in zip(grid, groups, _GROUPS, strict=True):
        for axes in row:
            axes.set_axis_off()
        row[0].set_title(f"{name}: {f'n = {len(items)} shown' if items else 'none'}", weight="bold")
        for axes, item in zip(row, items, strict=False):
            _show(axes, difference(item), _crop(item))
            _ring(axes, item.prediction)
            axes.set_axis_on()
            wrong = int(item.prediction.sum())
            words = f"{item.case}\nslice {item.z}, {wrong} px wrong\naccuracy {item.accuracy:.5f}"
            axes.set_xlabel(words, fontsize=7)
    _add_legend(figure, {"false positive": _FALSE_POSITIVE})
    return figure


def difference(item: Example) -> npt.NDArray[np.float64]:
    """Paint false positives and false negatives over the faint image.

    Args:
        item: The example.

    Returns:
        ``[y, x, 3]`` RGB from 0 to 1.
    """
    rgb = 0.6 * _grey(item.image)
    rgb[item.prediction & ~item.reference] = to_rgb(_FALSE_POSITIVE)
    rgb[item.reference & ~item.prediction] = to_rgb(_FALSE_NEGATIVE)
    return rgb


def _grey(image: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    return np.repeat(np.clip(np.asarray(image, dtype=float), 0, 1)[..., None], 3, axis=-1)


def _overlay(
    image: npt.NDArray[np.floating], mask: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    rgb = _grey(image)
    rgb[mask] = 0.5 * rgb[mask] + 0.5 * np.array(to_rgb(_MASK))
    return rgb


def _crop(item: Example) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of the part to show, in pixels, with a panel's aspect ratio.

    The lungs with some surroundings, or the whole body if a slice has no lung.
    """
    masks = item.reference | item.prediction
    size = np.array(masks.shape, dtype=float)
    # Without a reference, a false positive may be anywhere; its position in the body matters.
    region = masks if item.reference.any() else masks | (item.image > 0.3)
    places = np.argwhere(region)
    if not len(places):
        places = np.argwhere(np.ones_like(masks))
    low, high = places.min(axis=0) - 0.5, places.max(axis=0) + 0.5
    if item.reference.any():
        low, high = low - 0.06 * size, high + 0.06 * size
    # Not too close: the tip of a lung is not recognizable without its surroundings.
    height, width = np.maximum(high - low, 0.35 * size)
    height, width = max(height, width / _RATIO), max(width, height * _RATIO)
    y, x = (low + high) / 2
    return x - width / 2, x + width / 2, y + height / 2, y - height / 2


def _show(
    axes: Axes, rgb: npt.NDArray[np.float64], crop: tuple[float, float, float, float]
) -> None:
    axes.imshow(rgb)
    axes.set(xlim=crop[:2], ylim=crop[2:], xticks=[], yticks=[], facecolor="black")
    axes.spines[:].set_visible(False)


def _ring(axes: Axes, wrong: npt.NDArray[np.bool_]) -> None:
    """Circle each patch of wrong pixels: a single pixel would be invisible on paper."""
    labels, _ = ndimage.label(ndimage.binary_dilation(wrong, iterations=3))
    for rows, columns in ndimage.find_objects(labels):
        y, x = (rows.start + rows.stop - 1) / 2, (columns.start + columns.stop - 1) / 2
        radius = max(rows.stop - rows.start, columns.stop - columns.start) / 2 + 0.02 * len(wrong)
        axes.add_patch(Circle((x, y), radius, fill=False, color=_FALSE_POSITIVE, linewidth=0.8))


def _words(item: Example) -> str:
    dsc = f"DSC {item.dsc:.4f}"
    if not item.reference.any():
        dsc = "DSC 0 (reference\nempty)" if item.prediction.any() else "DSC undefined:\nempty"
    return f"{item.case}\nslice {item.z}\n{dsc}\naccuracy {item.accuracy:.4f}"


def _add_legend(figure: Figure, colours: dict[str, str]) -> None:
    handles = [Patch(color=colour, label=name) for name, colour in colours.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def _nothing(title: str, synthetic: bool) -> Figure:
    figure = new_figure(1.3, synthetic)
    figure.suptitle(title)
    axes = figure.subplots()
    axes.set_axis_off()
    say(axes, "No slice of the test set falls into this category.")
    return figure
