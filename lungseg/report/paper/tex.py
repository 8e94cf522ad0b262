"""LaTeX of any text, and of tables; only packages of texlive-latex-recommended."""

from __future__ import annotations

import re
from collections.abc import Sequence

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    # At the start of a row they would belong to the end of the row before.
    "[": "{[}", "*": "{*}",
}  # fmt: skip
SIGNS = {
    "×": r"$\times$", "≥": r"$\ge$", "≤": r"$\le$", "−": "$-$", "±": r"$\pm$", "·": r"$\cdot$",
    "–": "--", "—": "---", "…": r"\ldots{}", "°": r"$^\circ$", "µ": r"$\mu$", "μ": r"$\mu$",
    "²": "$^2$", "³": "$^3$", "’": "'", "‘": "`", "“": "``", "”": "''", "\u00a0": "~",
    "α": r"$\alpha$", "β": r"$\beta$", "γ": r"$\gamma$", "→": r"$\to$",
}  # fmt: skip
LETTERS = re.compile("[À-ÖØ-öø-ĥĨ-ķĹ-ľŁ-ňŊ-ťŨ-ž]")
"""Letters that LaTeX's T1 encoding has."""


def escaped(text: str) -> str:
    r"""Any text as LaTeX; a sign that pdflatex cannot set is shown by its code point.

    Example:
        >>> escaped("a_b & 50 %, ≥ 2 mm"), escaped("肺")
        ('a\\_b \\& 50 \\%, $\\ge$ 2 mm', '{[}U+80BA]')
    """
    return "".join(map(_sign, text))


def _sign(sign: str) -> str:
    if sign in SPECIAL:
        return SPECIAL[sign]
    if sign.isascii():
        return sign if sign.isprintable() else " "
    if sign in SIGNS:
        return SIGNS[sign]
    return sign if LETTERS.fullmatch(sign) else f"{{[}}U+{ord(sign):04X}]"


def code(text: str) -> str:
    r"""A name or a command in typewriter, which may break after its punctuation.

    Example:
        >>> code("a.b_c --d")
        '\\texttt{a.\\allowbreak{}b\\_\\allowbreak{}c -{}-d}'
    """
    tex = "".join(escaped(sign) + (r"\allowbreak{}" if sign in "._/=,(:" else "") for sign in text)
    # Two of these would become another sign.
    tex = re.sub(r"(?<=([-'?!]))(?=\1)", "{}", tex)
    return rf"\texttt{{{tex}}}"


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    label: str,
    widths: str,
) -> str:
    """A table that may go over several pages.

    Args:
        columns: Heads, LaTeX.
        rows: Cells, LaTeX.
        caption: LaTeX.
        label: Of the table.
        widths: Specification of the columns.
    """
    head = " & ".join(columns) + r" \\"
    lines = [
        rf"\begin{{longtable}}{{{widths}}}",
        rf"\caption{{{caption}}}\label{{{label}}}\\",
        rf"\toprule {head} \midrule \endfirsthead",
        rf"\toprule {head} \midrule \endhead",
        r"\bottomrule \endfoot",
        *(" & ".join(row) + r" \\" for row in rows),
        r"\end{longtable}",
    ]
    return "\n".join(lines) + "\n"


def paragraph_column(share: float) -> str:
    """A column of running text, by its share of the width of the page."""
    return rf">{{\raggedright\arraybackslash}}p{{{share}\linewidth}}"
