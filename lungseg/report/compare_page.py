"""``compare.html``: runs beside each other, in one file that opens with no network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup
from plotly.colors import sample_colorscale

from lungseg.files import write_text
from lungseg.report import interactive
from lungseg.report.caveats import alarms, caveats
from lungseg.report.compare_tables import HEADLINES, seeds, sets_shown
from lungseg.report.comparison import (
    MANY,
    METRICS,
    Comparison,
    Group,
    Setting,
    case_numbers,
    shown_p,
)
from lungseg.report.numbers import SECTIONS, decimals, shown
from lungseg.report.render import render
from lungseg.report.settings import cut, short_key, shown_value
from lungseg.runs.read import COMPLETED, Run

# Okabe and Ito's, less their yellow, which white paper swallows.
FEW_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#1b1f24",
               "#8a6f3c")  # fmt: skip
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SCALE, LIGHTEST = "Cividis", 0.87
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
EPOCHS = 200
"""Points of a learning curve in the page, about: more would not be seen."""
CURVES = {
    "dsc": "mean DSC, non-empty slices",
    "accuracy": "mean accuracy, all slices",
    "loss": "loss",
}
BRIEF = {
    "dsc_mean_nonempty": "slice DSC",
    "volume_dsc_mean": "volume DSC",
    "hd95_mm_mean": "HD95 mm",
    "msd_mm_mean": "MSD mm",
    "surface_dice_2mm_mean": "surface Dice",
    "accuracy_mean": "accuracy",
    "share_excellent": "excellent",
    "pr_auc": "PR AUC",
}
"""Names short enough for a column's head or an axis."""
COLUMNS = tuple(key for key in HEADLINES if key != "share_excellent")
"""Numbers of the table. Not the share called excellent: empty slices count in it, so that a model
which predicts nothing does well."""


def write_compare_page(file: Path, found: Comparison) -> None:
    """Write the page in one step.

    Args:
        file: To write.
        found: To show.
    """
    looks, bar = _looks(found)
    colours = [colour for colour, _ in looks]
    completed = [run for run in found.runs if run.state == COMPLETED]
    text = render(
        "compare.html",
        title=_title(found),
        subtitle=_subtitle(found, completed),
        differ=_differ(found),
        alarms=alarms(found),
        notes=caveats(found),
        set=found.set,
        sets=sets_shown(found),
        groups=[{"name": group.name, "text": _ground(group, found)} for group in found.groups],
        columns=_columns(found),
        rows=[_row(found, run, colours) for run in completed],
        weights=_weights(found),
        left_out=[run for run in found.runs if run.state != COMPLETED],
        sweep=bool(found.varied)
        and any(sum(len(one.runs) for one in group.settings) > 2 for group in found.groups),
        surface=_has_surface(found),
        how=_how(found),
        pair_columns=_pair_columns(found),
        pairs=_pair_rows(found),
        library=Markup(interactive.library()),
        found=Markup(interactive.script_json(_content(found, completed, looks) | {"bar": bar})),
    )
    write_text(file, text)


def _looks(found: Comparison) -> tuple[list[tuple[str, str]], dict[str, Any] | None]:
    """Colour and dash of each setting's lines; what the colours mean, where they mean a number.

    Many settings share colours with other dashes, unless one number alone tells them apart: then
    the colour shows that number.
    """
    settings = found.settings
    n = len(FEW_COLOURS)
    if len(settings) > n and len(found.varied) == 1:
        (one,) = found.varied
        values = [one.of(setting.runs[0]) for setting in settings]
        numbers = [value for value in values if _is_number(value)]
        if len(set(numbers)) > n and len(numbers) + values.count(None) == len(values):
            return _by_number(one.name, values, numbers)
    cycled = [(FEW_COLOURS[k % n], DASHES[k // n % len(DASHES)]) for k in range(len(settings))]
    return cycled, None


def _by_number(
    name: str, values: Sequence[Any], numbers: Sequence[float]
) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    low, high = min(numbers), max(numbers)
    log = low > 0 and high / low >= 50
    if log:
        low, high = math.log10(low), math.log10(high)
    looks = []
    for value in values:
        if value is None:
            looks.append(("#999", "dash"))
            continue
        place = ((math.log10(value) if log else value) - low) / (high - low)
        looks.append((str(sample_colorscale(SCALE, [LIGHTEST * min(place, 1.0)])[0]), "solid"))
    return looks, {"name": name, "low": low, "high": high, "log": log}


def _title(found: Comparison) -> str:
    keys = [one.name for one in found.varied]
    if not keys:
        return "Repeats of one setting" if seeds(found) else "Runs that do not differ"
    more = f" and {len(keys) - 4} more" if len(keys) > 4 else ""
    return f"Comparison by {', '.join(keys[:4])}{more}"


def _subtitle(found: Comparison, completed: Sequence[Run]) -> str:
    n = len(found.settings)
    words = [f"{len(completed)} runs of {n} setting{'s' if n > 1 else ''}"]
    if len(found.groups) == 1:
        n_cases = len(found.groups[0].run.sets[found.set])
        words.append(f"{n_cases} {found.set} case{'s' if n_cases > 1 else ''}")
        words.append(f"cohort {(found.groups[0].run.cohort_sha256 or '')[:12]}")
    return "; ".join(words)


def _differ(found: Comparison) -> str:
    keys, drawn = [one.name for one in found.varied], seeds(found)
    text = f"The runs differ in {', '.join(keys)} only." if keys else ""
    if drawn and keys:
        text += " Runs that differ in nothing but the seed are repeats of one setting."
    elif drawn:
        text += "The runs differ in nothing but the seed: repeats of one setting."
    return text or "The runs do not differ in any setting."


def _ground(group: Group, found: Comparison) -> str:
    cases = group.run.sets[found.set]
    more = " …" if len(cases) > 4 else ""
    n = sum(len(setting.runs) for setting in group.settings)
    return f"{n} run{'s' if n > 1 else ''}, {found.set} {', '.join(cases[:4])}{more}"


def _columns(found: Comparison) -> list[dict[str, Any]]:
    keys = [one.name for one in found.varied]
    columns = [{"name": "run", "key": "folder of the run", "text": True}]
    if len(found.groups) > 1:
        columns.append({"name": "group", "key": "runs of two groups do not compare", "text": True})
    columns += [{"name": short_key(key, keys), "key": key, "text": False} for key in keys]
    if seeds(found):
        columns.append({"name": "seed", "key": "seed", "text": False})
    columns += [{"name": BRIEF.get(key, key), "key": key, "text": False} for key in COLUMNS]
    if len(_weights(found)) > 1:
        columns.append(
            {"name": "weights", "key": "checkpoint that was evaluated, and its epoch", "text": True}
        )
    return columns


def _weights(found: Comparison) -> list[str]:
    """Checkpoints that were evaluated, each with its epoch."""
    completed = [run for run in found.runs if run.state == COMPLETED]
    return list(dict.fromkeys(map(_checkpoint, completed)))


def _checkpoint(run: Run) -> str:
    return f"{run.weights.removesuffix('.ckpt')}, {run.epochs}" if run.weights else "not noted"


def _cell(words: str, sort: Any = None, **more: Any) -> dict[str, Any]:
    plain = {"shown": words, "sort": words, "below": "", "title": "", "colour": "", "text": False}
    return plain | ({} if sort is None else {"sort": sort}) | more


def _row(found: Comparison, run: Run, colours: Sequence[str]) -> list[dict[str, Any]]:
    setting = found.setting_of(run)
    assert setting is not None
    colour = colours[found.settings.index(setting)]
    row = [_cell(run.name, text=True, colour=colour, title=setting.name)]
    if len(found.groups) > 1:
        row.append(_cell(setting.group, text=True))
    for one in found.varied:
        value = one.of(run)
        text = shown_value(value)
        sort, title = ("", "") if value is None else (str(value), f"{one.name}={value}")
        row.append(_cell(cut(text), sort, title=title))
    if seeds(found):
        row.append(_cell(str(run.seed), run.seed))
    for key in COLUMNS:
        number = run.summary.get(found.set, {}).get(key, {"value": None, "n": 0})
        words = shown(key, number)
        sort = "" if number["value"] is None else number["value"]
        title = f"{words.value} ({words.interval or 'no interval'}), n = {words.n}"
        row.append(_cell(words.value, sort, below=_brief(key, number), title=title))
    if len(_weights(found)) > 1:
        row.append(_cell(_checkpoint(run), text=True))
    return row


def _brief(key: str, number: dict[str, Any]) -> str:
    """An interval with a digit less than its number."""
    places = decimals(key) - 1
    return "–".join(f"{end:.{places}f}" for end in number.get("ci95", []))


def _has_surface(found: Comparison) -> bool:
    """Whether two numbers or more were varied."""
    varied = 0
    for one in found.varied:
        values = [one.of(setting.runs[0]) for setting in found.settings]
        varied += len({value for value in values if _is_number(value)}) > 1
    return varied > 1 and len(found.settings) > 3


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _how(found: Comparison) -> str:
    better = "higher" if found.metric.higher_is_better else "lower"
    which = "all pairs"
    if any(len(group.settings) > MANY for group in found.groups):
        which = "each setting with one"
    n = len(found.pairs)
    return (
        f"{found.metric.name} of each {found.set} case ({better} is better), {which}: the mean"
        " difference (judged less the other) with its 95 % interval, p of the paired test, and p"
        f" after Holm's correction for all {n} pair{'s' if n != 1 else ''}. “Cannot be told” does"
        " not mean that both are equal: the interval says how different they may be."
    )


def _pair_columns(found: Comparison) -> list[str]:
    group = ["group"] if len(found.groups) > 1 else []
    return ["judged", "against", "verdict", *group, "difference", "95 % interval", "p", "p, Holm",
            "cases", "seeds"]  # fmt: skip


def _pair_rows(found: Comparison) -> list[dict[str, Any]]:
    rows = []
    places = {id(setting): place for place, setting in enumerate(found.settings)}
    for pair in found.pairs:
        difference, form = pair.difference, f"+.{found.metric.decimals}f"
        group = [(pair.a.group, pair.a.group, "")] if len(found.groups) > 1 else []
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


def _content(
    found: Comparison, completed: Sequence[Run], looks: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """What the page's script draws from."""
    places = {id(run): place for place, run in enumerate(completed)}
    settings = found.settings
    keys = [one.name for one in found.varied]
    headlines = list(dict.fromkeys((found.metric.headline, *HEADLINES)))
    names = {key: name for section in SECTIONS.values() for key, name in section.items()}
    return {
        "metric": found.metric.key,
        "headline": found.metric.headline,
        "higher": found.metric.higher_is_better,
        "metrics": {metric.key: metric.name for metric in METRICS.values()},
        "headlines": {metric.key: metric.headline for metric in METRICS.values()},
        "better": {metric.key: metric.higher_is_better for metric in METRICS.values()},
        "set": found.set,
        "sets": sets_shown(found),
        "keys": keys,
        "short": {key: short_key(key, keys) for key in keys},
        "numbers": {key: names[key] for key in headlines},
        "brief": {key: BRIEF.get(key, names[key]) for key in headlines},
        "decimals": {key: decimals(key) for key in headlines},
        "curves": CURVES,
        # Less its lightest part, in which a line is hardly seen.
        "scale": [
            [place, colour]
            for place, colour in zip(
                STEPS, sample_colorscale(SCALE, [LIGHTEST * step for step in STEPS]), strict=True
            )
        ],
        "groups": [group.name for group in found.groups],
        "cases": {group.name: group.run.sets[found.set] for group in found.groups},
        "settings": [
            {
                "name": setting.name,
                "group": setting.group,
                "colour": colour,
                "dash": dash,
                "runs": [places[id(run)] for run in setting.runs],
            }
            for setting, (colour, dash) in zip(settings, looks, strict=True)
        ],
        "runs": [_run(found, run, headlines) for run in completed],
        "pairs": [
            {
                "a": settings.index(pair.a),
                "b": settings.index(pair.b),
                "ci": pair.difference.ci95,
                "sentence": pair.sentence,
            }
            for pair in found.pairs
        ],
    }


def _run(found: Comparison, run: Run, headlines: Sequence[str]) -> dict[str, Any]:
    setting = found.setting_of(run)
    assert setting is not None
    one = Setting(setting.name, setting.group, (run,), None)
    history, thinned = _history(run.history)
    return {
        "name": run.name,
        "seed": run.seed,
        "values": {one.name: one.of(run) for one in found.varied},
        "numbers": {
            name: {key: _number(run.summary[name].get(key)) for key in headlines}
            for name in sets_shown(found)
            if name in run.summary
        },
        "history": history,
        "thinned": thinned,
        "cases": {
            key: [_plain(value) for value in case_numbers(one, key, found.set)[0]]
            for key in METRICS
        },
    }


def _number(number: dict[str, Any] | None) -> list[Any]:
    """Value, both ends of the interval, n."""
    if number is None:
        return [None, None, None, None]
    return [number["value"], *number.get("ci95", (None, None)), number["n"]]


def _history(history: pd.DataFrame | None) -> tuple[dict[str, list[Any]] | None, bool]:
    """Columns of the curves, and whether epochs were left out; the last one never is."""
    if history is None or history.empty:
        return None, False
    step = -(-len(history) // EPOCHS)
    rows = history[::-1][::step][::-1]
    wanted = [name for name in history if name.split("/")[-1] in CURVES]
    columns: dict[str, list[Any]] = {"epoch": [int(epoch) for epoch in rows["epoch"]]}
    for name in wanted:
        if rows[name].notna().any():
            columns[name] = [_plain(value) for value in rows[name]]
    return columns, step > 1


def _plain(value: float) -> float | None:
    """JSON has no NaN, and a page needs no more than six digits."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
