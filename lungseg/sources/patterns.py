"""Files found by a pattern that says where in their path the case's name stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lungseg.errors import ConfigError

# What a placeholder matches. The slice's number takes all digits that stand together.
PLACEHOLDERS = {"case": "[^/]+?", "patient": "[^/]+?", "z": r"(?<!\d)\d+(?!\d)"}
_PARTS = re.compile(r"\{(\w*)\}|(\*)|([^{*]+|\{)")


@dataclass(frozen=True)
class Match:
    """A file and what its path says.

    Attributes:
        path: The file, or a folder where the pattern ends in one.
        case: What stands for ``{case}``.
        patient: What stands for ``{patient}``, or nothing.
        z: What stands for ``{z}``.
    """

    path: Path
    case: str
    patient: str = ""
    z: int = 0


def find(root: Path, pattern: str, key: str) -> list[Match]:
    """Files below a folder whose relative path fits a pattern, hidden ones left aside.

    Args:
        root: Folder to look in.
        pattern: With ``/`` between folders, ``{case}`` once or more, and where they apply
            ``{patient}``, ``{z}`` (a number) and ``*`` (any characters but ``/``).
        key: Names the setting in errors.

    Raises:
        ConfigError: If the pattern is none.

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
            known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            raise ConfigError(f"{key}: {{{name}}} is no placeholder; there are {known} and *")
        else:
            regex += f"(?P={name})" if name in seen else f"(?P<{name}>{PLACEHOLDERS[name]})"
            seen.add(name)
    if "case" not in seen:
        raise ConfigError(f"{key}: {pattern!r} does not say where {{case}} stands")
    if pattern.startswith("/") or ".." in pattern.split("/"):
        raise ConfigError(f"{key}: {pattern!r} must stay below data.root")
    found = []
    for path in sorted(root.glob(glob)):
        relative = path.relative_to(root)
        fits = re.fullmatch(regex, relative.as_posix())
        if fits and not any(part.startswith(".") for part in relative.parts):
            groups = fits.groupdict()
            found.append(
                Match(path, groups["case"], groups.get("patient") or "", int(groups.get("z") or 0))
            )
    return found
