"""A model card as Markdown and as a page."""

from __future__ import annotations

import html
from pathlib import Path

from lungseg.files import write_text
from lungseg.report.card import Card, Code, Part, Table
from lungseg.report.render import render


def write_card(model_file: Path, card: Card) -> None:
    """Write the card beside a model file: ``model.md`` and ``model.html``."""
    write_text(model_file.with_suffix(".md"), as_markdown(card))
    page = render(
        "model_card.html",
        title=card.title,
        subtitle="",
        alarms=card.warnings,
        notes=[],
        sections=[
            (title, [(type(part).__name__, part) for part in parts])
            for title, parts in card.sections
        ],
    )
    write_text(model_file.with_suffix(".html"), page)


def as_markdown(card: Card) -> str:
    """The card as Markdown; what came from headers of files is escaped."""
    blocks = [f"# {_escaped(card.title)}"]
    blocks += [f"> **{_escaped(warning)}**" for warning in card.warnings]
    for title, parts in card.sections:
        blocks.append(f"## {title}")
        blocks += [_block(part) for part in parts]
    return "\n\n".join(blocks) + "\n"


def _block(part: Part) -> str:
    if isinstance(part, Code):
        return f"```{part.language}\n{part.text}\n```"
    if isinstance(part, Table):
        rows = [part.columns, ["---"] * len(part.columns), *part.rows]
        return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in rows)
    return _escaped(part)


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split())).replace("|", "\\|")


def _escaped(text: str) -> str:
    """Neither HTML nor a link, an emphasis or code: the name of a scanner is anybody's text."""
    for sign in "\\`*[]":
        text = text.replace(sign, f"\\{sign}")
    return html.escape(text, quote=False)
