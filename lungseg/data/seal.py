"""JSON that carries a hash of its own content, so that damage to it is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from lungseg.data.place import Place, read_text

KEY = "sha256"


def seal(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as JSON would give it back, with a hash of it.

    Args:
        content: Without the key ``sha256``.

    Example:
        >>> unseal(seal({"n": 1}))
        {'n': 1}
        >>> unseal(seal({"n": 1}) | {"n": 2})
        Traceback (most recent call last):
        ValueError: the content is not what was written
    """
    plain: dict[str, Any] = json.loads(json.dumps(content))
    return {**plain, KEY: _hash(plain)}


def unseal(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content without its hash; one without a hash, of an older version, is taken as it is.

    Raises:
        ValueError: If it has been changed since.
    """
    plain = {key: value for key, value in content.items() if key != KEY}
    if KEY in content and content[KEY] != _hash(plain):
        raise ValueError("the content is not what was written")
    return plain


def read_sealed(store: Place, name: str) -> dict[str, Any] | None:
    """The content of a file of a store, or None if it does not exist.

    Raises:
        ValueError: If it is damaged.
        DataError: If the store cannot be reached.
    """
    text = read_text(store, name)
    if text is None:
        return None
    content = json.loads(text)
    if not isinstance(content, dict):
        raise ValueError("not an object of JSON")
    return unseal(content)


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
