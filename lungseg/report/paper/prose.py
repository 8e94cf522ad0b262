"""Text of a pack as pieces, which become LaTeX and Markdown alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lungseg.report.paper.tex import code, escaped


@dataclass(frozen=True)
class Cite:
    """A reference, by its key in ``references.bib``."""

    key: str


@dataclass(frozen=True)
class Formula:
    """A formula.

    Attributes:
        tex: In LaTeX.
        display: Whether it has a line of its own.
    """

    tex: str
    display: bool = False


@dataclass(frozen=True)
class Code:
    """A name of a class, a file or a setting."""

    text: str


@dataclass(frozen=True)
class Bold:
    """What must not be overlooked."""

    text: str


Piece = str | Cite | Formula | Code | Bold
Text = Sequence[Piece]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph with a title."""

    title: str
    text: Text


def as_tex(text: Text) -> str:
    r"""Pieces as LaTeX.

    Example:
        >>> as_tex(["50 % of a_b ", Cite("dice1945"), " ", Formula(r"\alpha")])
        '50 \\% of a\\_b \\cite{dice1945} $\\alpha$'
    """
    return "".join(map(_tex, text))


def _tex(piece: Piece) -> str:
    if isinstance(piece, Cite):
        return rf"\cite{{{piece.key}}}"
    if isinstance(piece, Formula):
        return rf"\[{piece.tex}\]" if piece.display else f"${piece.tex}$"
    if isinstance(piece, Code):
        return code(piece.text)
    if isinstance(piece, Bold):
        return rf"\textbf{{{escaped(piece.text)}}}"
    return escaped(piece)


def as_markdown(text: Text) -> str:
    r"""Pieces as Markdown with citations as Pandoc reads them.

    Example:
        >>> as_markdown([Bold("Synthetic."), " A *b*, ", Code("c_d"), " ", Cite("dice1945")])
        '**Synthetic.** A \\*b\\*, `c_d` [@dice1945]'
    """
    return "".join(map(_markdown, text))


def _markdown(piece: Piece) -> str:
    if isinstance(piece, Cite):
        return f"[@{piece.key}]"
    if isinstance(piece, Formula):
        return f"$${piece.tex}$$" if piece.display else f"${piece.tex}$"
    if isinstance(piece, Code):
        return f"`{piece.text.replace('`', chr(39))}`"
    if isinstance(piece, Bold):
        return f"**{_marked(piece.text)}**"
    return _marked(piece)


def _marked(text: str) -> str:
    for sign in "\\`*_[]<>":
        text = text.replace(sign, f"\\{sign}")
    return text


def as_plain(text: Text) -> str:
    """Pieces as bare text, for CSV; a reference is left out."""
    words = "".join(
        piece if isinstance(piece, str) else getattr(piece, "text", getattr(piece, "tex", ""))
        for piece in text
    )
    return " ".join(words.split())


def paragraphs_as_tex(paragraphs: Iterable[Paragraph]) -> str:
    """Paragraphs, each with its title in front."""
    return "\n\n".join(
        rf"\paragraph{{{escaped(one.title)}.}} {as_tex(one.text)}" for one in paragraphs
    )


def paragraphs_as_markdown(paragraphs: Iterable[Paragraph]) -> str:
    """Paragraphs, each below a heading."""
    return "\n\n".join(f"## {one.title}\n\n{as_markdown(one.text)}" for one in paragraphs)


def cited(texts: Iterable[Text]) -> list[str]:
    """Keys of the references, in the order of their first use."""
    keys = (piece.key for text in texts for piece in text if isinstance(piece, Cite))
    return list(dict.fromkeys(keys))
