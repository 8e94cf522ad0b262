"""Prepare docstrings for the site: formulas become MathML, which needs no script."""

from __future__ import annotations

import re
from typing import Any

import griffe
from latex2mathml.converter import convert

BLOCK = re.compile(r"^( *)\.\. math::(.*(?:\n\1    .*)*)", re.MULTILINE)
INLINE = re.compile(r":math:`([^`]+)`")
ROLE = re.compile(r":(?:func|meth|class|mod):`~?([^`]+)`")


class Docstrings(griffe.Extension):
    """Rewrite each docstring before it is parsed."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for every module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = rewritten(obj.docstring.value)


def rewritten(text: str) -> str:
    """Replace formulas by MathML and references by code, and name sections as griffe knows them."""
    text = re.sub(r"^Example:$", "Examples:", text, flags=re.MULTILINE)
    text = BLOCK.sub(lambda match: match[1] + _block(match[2]), text)
    text = INLINE.sub(lambda match: convert(match[1]), text)
    return ROLE.sub(r"`\1`", text)


def _block(latex: str) -> str:
    return convert(" ".join(latex.split()), display="block")
