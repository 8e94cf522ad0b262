"""The tables of ``compare.html``: one row per run, and one row per pair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lungseg.report.compare_tables import BRIEF, HEADLINES, seeds
from lungseg.report.compared import Comparison
from lungseg.report.differences import cut, short_key, shown_value
from lungseg.report.numbers import decimals, shown
from lungseg.report.pairs import shown_p
from lungseg.runs.read import COMPLETED, Run

COLUMNS = tuple(key for key in HEADLINES if key != "share_excellent")
"""Numbers of the table. Not the share called excellent: empty slices count in it, so that a model
which predicts nothing does well."""


def run_columns(comparison: Comparison) -> list[dict[str, Any]]:
    """Headings of the table of runs."""
    keys = [varied.name for varied in comparison.varied]
    columns = [{"name": "run", "key": "folder of the run", "text": True}]
    if len(comparison.groups) > 1:
        columns.append({"name": "group", "key": "runs of two groups do not compare", "text": True})
    columns += [{"name": short_key(key, keys), "key": key, "text": False} for key in keys]
    if seeds(comparison):
        columns.append({"name": "seed", "key": "seed", "text": False})
    columns += [{"name": BRIEF.get(key, key), "key": key, "text": False} for key in COLUMNS]
    if len(weights_of(comparison)) > 1:
        columns.append(
            {"name": "weights", "key": "checkpoint that was evaluated, and its epoch", "text": True}
        )
    return columns


def weights_of(comparison: Comparison) -> list[str]:
    """Checkpoints that were evaluated, each with its epoch."""
    completed = [run for run in comparison.runs if run.state == COMPLETED]
    return list(dict.fromkeys(map(_checkpoint, completed)))


def _checkpoint(run: Run) -> str:
    return f"{run.weights.removesuffix('.ckpt')}, {run.epochs}" if run.weights else "not noted"


def _cell(words: str, sort: Any = None, **more: Any) -> dict[str, Any]:
    plain = {"shown": words, "sort": words, "below": "", "title": "", "colour": "", "text": False}
    return plain | ({} if sort is None else {"sort": sort}) | more


def run_row(comparison: Comparison, run: Run, colours: Sequence[str]) -> list[dict[str, Any]]:
    """A run's cells, one for each column.

    Args:
        comparison: To show.
        run: With numbers.
        colours: Of the settings.
    """
    setting = comparison.setting_of(run)
    assert setting is not None
    colour = colours[comparison.settings.index(setting)]
    row = [_cell(run.name, text=True, colour=colour, title=setting.name)]
    if len(comparison.groups) > 1:
        row.append(_cell(setting.group, text=True))
    for varied in comparison.varied:
        value = varied.of(run)
        text = shown_value(value)
        sort, title = ("", "") if value is None else (str(value), f"{varied.name}={value}")
        row.append(_cell(cut(text), sort, title=title))
    if seeds(comparison):
        row.append(_cell(str(run.seed), run.seed))
    for key in COLUMNS:
        number = run.summary.get(comparison.set, {}).get(key, {"value": None, "n": 0})
        words = shown(key, number)
        sort = "" if number["value"] is None else number["value"]
        title = f"{words.value} ({words.interval or 'no interval'}), n = {words.n}"
        row.append(_cell(words.value, sort, below=_brief(key, number), title=title))
    if len(weights_of(comparison)) > 1:
        row.append(_cell(_checkpoint(run), text=True))
    return row


def _brief(key: str, number: dict[str, Any]) -> str:
    """An interval with one digit less than its number."""
    places = decimals(key) - 1
    return "–".join(f"{end:.{places}f}" for end in number.get("ci95", []))


def pair_columns(comparison: Comparison) -> list[str]:
    """Headings of the table of pairs."""
    group = ["group"] if len(comparison.groups) > 1 else []
    return ["judged", "against", "verdict", *group, "difference", "95 % interval", "p", "p, Holm",
            "cases", "seeds"]  # fmt: skip


def pair_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row per pair, with the places of its settings."""
    rows = []
    places = {id(setting): place for place, setting in enumerate(comparison.settings)}
    for pair in comparison.pairs:
        difference, form = pair.difference, f"+.{comparison.metric.decimals}f"
        group = [(pair.a.group, pair.a.group, "")] if len(comparison.groups) > 1 else []
        low, high = difference.ci95 or (None, None)
        known = not math.isnan(difference.mean)
        cells = [
            (pair.b.name, pair.b.name, "text"),
            (pair.a.name, pair.a.name, "text"),
            (pair.verdict, pair.verdict, f"verdict {pair.verdict.split()[0]}"),
            *group,
            (f"{difference.mean:{form}}" if known else "-", difference.mean if known else "", ""),
            (f"{low:{form}} to {high:{form}}" if low is not None else "-",
             "" if low is None else low, ""),
            *((shown_p(p).removeprefix("= "), p, "") if p is not None else ("-", "", "")
              for p in (difference.p, pair.adjusted_p)),
            (str(difference.n_cases), difference.n_cases, ""),
            (f"{difference.n_seeds[1]}, {difference.n_seeds[0]}", difference.n_seeds[1], ""),
        ]  # fmt: skip
        made = [{"shown": cut(text, 80), "title": text if len(text) > 80 else "", "sort": sort,
                 "style": style} for text, sort, style in cells]  # fmt: skip
        rows.append({"a": places[id(pair.a)], "b": places[id(pair.b)], "cells": made})
    return rows
