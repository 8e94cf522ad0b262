"""The forms in which an identifying value may be written, and where in a text it is one."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from lungseg.files import short
from lungseg.privacy import PATHS, SERIES_KEYS, UID

SHORTEST = 3
"""Letters of a value that is looked for within longer texts."""


def value_forms(value: str) -> set[str]:
    """A value as paths, overrides, Python, JSON and URLs write it."""
    from hydra.core.override_parser.types import Quote, QuotedString

    plain = {value}
    if not UID.fullmatch(value):
        plain |= {os.path.abspath(value), os.path.realpath(value)} - {os.path.abspath(os.sep)}
        plain.add(short(Path(value)))  # as messages name results
    written = set()
    for text in plain:
        written |= {
            *(repr(text)[1:-1], ascii(text)[1:-1], json.dumps(text)[1:-1]),
            *(QuotedString(text, quotes).with_quotes()[1:-1] for quotes in Quote),
            quote(text.encode("utf-8", "surrogateescape")),
            text.replace("${", r"\${"),
        }
    # A quoted text in a text that is quoted in turn, as an override in an error's message.
    twice = {repr(text)[1:-1] for text in written} | {ascii(text)[1:-1] for text in written}
    return {text for text in plain | written | twice if text}


def patterns_of(text: str) -> Iterator[str]:
    """Where a text is an identifying value, and not a word that others use too."""
    escaped = re.escape(text)
    if len(text) >= 2 * SHORTEST and not re.fullmatch(r"[a-z_]+|[\d.]+", text):
        yield escaped
        return
    keys = "|".join(rf"(?<=\b{re.escape(key)}=)" for key in (*PATHS, *SERIES_KEYS))
    yield rf"(?:{keys}){escaped}(?=[/,]|$)"
    if len(text) >= SHORTEST:
        yield rf"(?<=['\"\[]){escaped}(?=[/'\"\],]|$)"
        yield rf"(?<![\w./-]){escaped}(?=/)"
