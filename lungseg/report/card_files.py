"""A model card as Markdown and as a page."""

from __future__ import annotations

import hashlib
import html
import re
from pathlib import Path

from lungseg.files import write_text
from lungseg.report.card import Card, Code, Part, Table
from lungseg.report.render import render

SIGNED = re.compile(r"(.*)<!-- sha256 of the above: (\w+) -->\n", re.DOTALL)
"""The Markdown and the hash that tells whether somebody has edited it."""


def write_card(model_file: Path, card: Card) -> bool:
    """Write the card beside a model file: ``model.md`` and ``model.html``.

    Returns:
        Whether the Markdown was written: a file that was edited, or that is none of ours, stays.
    """
    markdown = model_file.with_suffix(".md")
    ours = not markdown.exists() or _is_unchanged(markdown.read_bytes())
    if ours:
        text = as_markdown(card)
        write_text(markdown, f"{text}\n<!-- sha256 of the above: {_sha256(text)} -->\n")
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
    return ours


def _is_unchanged(content: bytes) -> bool:
    match = SIGNED.fullmatch(content.decode("utf-8", "surrogateescape"))
    return match is not None and _sha256(match[1].removesuffix("\n")) == match[2]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


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
