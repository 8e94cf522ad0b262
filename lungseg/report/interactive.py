"""Interactive plots for the page, from which each slice can be shown."""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from lungseg.report.style import COLOUR, nonempty

HEIGHT = 460
MOST_POINTS, MOST_CASES = 4000, 80
"""Slices of each set, and test cases, that are shown: those of lowest DSC. More would make the page
slow to open; ``slices.csv`` has all."""
EMPTY = [[0, "#dbe9f6"], [1, "#f4b183"]]  # colours outside the scale for DSC
_LAYOUT: dict[str, Any] = {
    "height": HEIGHT,
    "margin": {"l": 60, "r": 20, "t": 30, "b": 50},
    "plot_bgcolor": "white",
    "paper_bgcolor": "white",
    "font": {"family": "system-ui, sans-serif", "size": 13},
}
_WORDS = (
    "<b>%{customdata[0]}, slice %{customdata[1]}</b><br>DSC %{customdata[2]}<br>"
    "accuracy %{customdata[3]:.5f}<br>reference %{customdata[4]:,} px<br>"
    "false positive %{customdata[5]:,} px, false negative %{customdata[6]:,} px<extra></extra>"
)


@cache
def library() -> str:
    """Plotly's JavaScript, to be embedded in the page: gzip as base64, two fifths of its size."""
    source: str = get_plotlyjs()
    return base64.b64encode(gzip.compress(source.encode(), mtime=0)).decode()


def scatter(slices: pd.DataFrame) -> str:
    """Accuracy against DSC of non-empty slices, one point per slice, as JSON for Plotly.

    Of more than `MOST_POINTS` slices of a set, those of lowest DSC.
    """
    figure = go.Figure(layout=_LAYOUT)
    for name in ("train", "val", "test"):
        every = nonempty(slices[slices["split"] == name])
        rows = every.nsmallest(MOST_POINTS, ["dsc", "accuracy"]) if _many(every) else every
        if len(rows):
            which = f"lowest {len(rows)} of {len(every)}" if _many(every) else f"n = {len(rows)}"
            figure.add_scatter(
                x=rows["dsc"].tolist(),
                y=rows["accuracy"].tolist(),
                mode="markers",
                name=f"{name} ({which})",
                marker={"color": COLOUR[name], "size": 6, "opacity": 0.7},
                customdata=_custom(rows),
                hovertemplate=_WORDS,
                visible=True if name == "test" else "legendonly",
            )
    figure.update_xaxes(title="DSC, non-empty slices", gridcolor="#eee", zeroline=False)
    figure.update_yaxes(title="accuracy", gridcolor="#eee", zeroline=False)
    figure.update_layout(legend={"orientation": "h", "y": 1.12})
    return script_json(figure.to_plotly_json())


def heatmap(slices: pd.DataFrame) -> str:
    """DSC of every test slice, one column per case, from feet to head, as JSON for Plotly.

    Slices without lung have separate colours: with and without prediction. Of more than
    `MOST_CASES` cases, those of lowest mean DSC, the lowest first.
    """
    test = slices[slices["split"] == "test"]
    cases = worst_cases(slices)
    test = test[test["case"].isin(cases)]
    place = {case: k for k, case in enumerate(cases)}
    shape = (int(test["z"].max()) + 1, len(cases))
    # Each slice has its words in one of the two, by which the page is half as large.
    values, empty = np.full(shape, np.nan), np.full(shape, np.nan)
    of_value, of_empty = np.full(shape, None, dtype=object), np.full(shape, None, dtype=object)
    for row, words in zip(test.itertuples(), _custom(test), strict=True):
        cell: Any = row.z, place[row.case]
        if row.tp + row.fn:
            values[cell], of_value[cell] = row.dsc, words
        else:
            empty[cell], of_empty[cell] = float(row.fp > 0), words
    figure = go.Figure(layout=_LAYOUT)
    common = {"x": cases, "hovertemplate": _WORDS, "xgap": 2, "hoverongaps": False}
    figure.add_heatmap(
        z=_blank(empty), customdata=of_empty.tolist(), colorscale=EMPTY, zmin=0, zmax=1,
        showscale=False, **common,
    )  # fmt: skip
    figure.add_heatmap(
        z=_blank(values), customdata=of_value.tolist(), colorscale="Cividis", zmax=1, **common
    )
    figure.data[1].colorbar.title = "DSC"
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(title="slice, from feet to head", showgrid=False, zeroline=False)
    return script_json(figure.to_plotly_json())


def worst_cases(slices: pd.DataFrame) -> list[str]:
    """Names of the test cases in the heatmap: all by name, or the worst first of too many."""
    test = slices[slices["split"] == "test"]
    names = sorted(test["case"].unique())
    if len(names) <= MOST_CASES:
        return names
    dsc = nonempty(test).groupby("case")["dsc"].mean().reindex(names)
    return list(dsc.sort_values(kind="stable").index[:MOST_CASES])


def _many(rows: pd.DataFrame) -> bool:
    return len(rows) > MOST_POINTS


def _custom(rows: pd.DataFrame) -> list[list[Any]]:
    """The label of a slice."""
    lung = rows["tp"] + rows["fn"]
    overlap = [
        f"{value:.4f}" if pixels else "undefined: no lung here"
        for value, pixels in zip(rows["dsc"], lung, strict=True)
    ]
    columns = (rows["case"], rows["z"], overlap, rows["accuracy"], lung, rows["fp"], rows["fn"])
    return [list(row) for row in zip(*(list(column) for column in columns), strict=True)]


def _blank(values: np.ndarray[Any, Any]) -> list[list[float | None]]:
    """JSON has no NaN."""
    return [[None if np.isnan(value) else value for value in row] for row in values.tolist()]


def script_json(content: Any) -> str:
    """JSON that is safe inside a script element: without HTML characters."""
    return json.dumps(content, default=_plain).replace("<", "\\u003c")


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value.to_plotly_json()
