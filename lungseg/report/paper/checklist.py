"""Drafts of reporting checklists: answered from run folders, or openly left to the author."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lungseg.report.paper.prose import Code, Text, as_plain, as_tex
from lungseg.report.paper.results import written
from lungseg.report.paper.tex import escaped, paragraph_column, table

AUTHOR = "Left to the author."


@dataclass(frozen=True)
class Item:
    """An item of a checklist.

    Attributes:
        number: In the checklist.
        section: Of a paper.
        asks: What it asks for.
        topic: Of the answer that run folders give; empty where they give none.
    """

    number: str
    section: str
    asks: str
    topic: str = ""


def answered(
    items: Sequence[Item], answers: Mapping[str, tuple[Text, str]]
) -> Iterator[tuple[Item, Text, str]]:
    """Each item with its answer and the keys that it was taken from.

    Args:
        items: Of a checklist.
        answers: Text and keys by topic.
    """
    for item in items:
        yield (item, *answers.get(item.topic, ([AUTHOR], "")))


def checklist_tex(
    items: Sequence[Item], answers: Mapping[str, tuple[Text, str]], title: Text, label: str
) -> str:
    """A checklist as a table."""
    rows = [
        [
            escaped(item.number),
            escaped(f"{item.section}: {item.asks}"),
            as_tex(text),
            as_tex([Code(keys)]) if keys else "",
        ]
        for item, text, keys in answered(items, answers)
    ]
    widths = "l" + "".join(paragraph_column(share) for share in (0.24, 0.4, 0.22))
    columns = ["item", "asks for", "answer", "taken from"]
    return table(columns, rows, as_tex(title), label, widths)


def checklist_csv(items: Sequence[Item], answers: Mapping[str, tuple[Text, str]]) -> str:
    """A checklist as CSV."""
    rows = [[item.number, item.section, item.asks, as_plain(text), keys]
            for item, text, keys in answered(items, answers)]  # fmt: skip
    return written(["item", "section", "asks for", "answer", "taken from"], rows)
