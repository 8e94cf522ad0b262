"""Files found by a pattern with placeholders for the case's name and other parts of the path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lungseg.errors import ConfigError, DataError

# What a placeholder matches. The slice number takes a whole run of digits.
PLACEHOLDERS = {"case": "[^/]+?", "patient": "[^/]+?", "z": r"(?<!\d)\d+(?!\d)"}
_PARTS = re.compile(r"\{(\w*)\}|(\*)|([^{*]+|\{)")


@dataclass(frozen=True)
class Match:
    """A file and the parts of its path that match placeholders.

    Attributes:
        path: The file, or a folder if the pattern ends in one.
        case: The part for ``{case}``.
        patient: The part for ``{patient}``, or empty.
        z: The part for ``{z}``.
    """

    path: Path
    case: str
    patient: str = ""
    z: int = 0


def no_match(root: Path, pattern: str, key: str, top: str = "data.root") -> DataError:
    """The error where no file matches a pattern.

    Args:
        root: Folder that was searched.
        pattern: As for :func:`find`.
        key: Name of the setting for it.
        top: Name of the setting for `root`.
    """
    return DataError(
        f"no file matches {key}={pattern} below this folder; point {top} at the folder that"
        f" contains all cases, or change {key}",
        root,
    )


def find(root: Path, pattern: str, key: str) -> list[Match]:
    """Files below a folder whose relative path matches a pattern, except hidden ones.

    Args:
        root: Folder to search.
        pattern: With ``/`` between folders, ``{case}`` at least once, and optionally
            ``{patient}``, ``{z}`` (a number) and ``*`` (any characters except ``/``).
        key: The setting's name, for error messages.

    Raises:
        ConfigError: If the pattern is invalid.

    Example:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp())
        >>> (root / "a_0000.nii.gz").touch()
        >>> [match.case for match in find(root, "{case}_0000.nii*", "data.images")]
        ['a']
    """
    regex, seen = "", set()
    glob = ""
    for name, star, text in _PARTS.findall(pattern):
        if text:
            regex += re.escape(text)
            glob += re.sub(r"([\[?])", r"[\1]", text)
            continue
        glob += "*"
        if star:
            regex += "[^/]*"
        elif name not in PLACEHOLDERS:
            known = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
            raise ConfigError(f"{key}: {{{name}}} is not a placeholder; there are {known} and *")
        else:
            regex += f"(?P={name})" if name in seen else f"(?P<{name}>{PLACEHOLDERS[name]})"
            seen.add(name)
    if "case" not in seen:
        raise ConfigError(f"{key}: {pattern!r} has no placeholder {{case}}")
    if pattern.startswith("/") or ".." in pattern.split("/"):
        raise ConfigError(f"{key}: {pattern!r} must stay below data.root")
    matches = []
    for path in sorted(root.glob(glob)):
        relative = path.relative_to(root)
        match = re.fullmatch(regex, relative.as_posix())
        if match and not any(part.startswith(".") for part in relative.parts):
            groups = match.groupdict()
            matches.append(
                Match(path, groups["case"], groups.get("patient") or "", int(groups.get("z") or 0))
            )
    return matches
