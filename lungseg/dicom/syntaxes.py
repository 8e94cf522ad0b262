"""Transfer syntaxes: their names, and the encoding of files that use them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lungseg.dicom.limits import RefusedError

if TYPE_CHECKING:
    from pydicom.uid import UID

# Each frame is deflated separately (PS3.5 A.4.12). Not in pydicom's dictionary.
DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
# Each frame is uncompressed in a fragment (PS3.5 A.4.11).
NATIVE_FRAMES = "1.2.840.10008.1.2.1.98"
# From GE: a header in implicit VR little endian, and pixels in big endian.
GE_BIG_ENDIAN_PIXELS = "1.2.840.113619.5.2"
NAMES = {DEFLATED_FRAMES: "Deflated Image Frame Compression"}


def encoding(syntax: UID) -> tuple[bool, bool]:
    """Encoding of a file's attributes.

    Returns:
        Whether their VR is implicit, and whether their byte order is little endian.

    Raises:
        RefusedError: If the transfer syntax is missing or unknown.
    """
    if syntax == GE_BIG_ENDIAN_PIXELS:
        return True, True
    if syntax == DEFLATED_FRAMES:
        return False, True
    if syntax.is_private or not syntax.is_transfer_syntax:
        raise unread(syntax)
    return bool(syntax.is_implicit_VR), bool(syntax.is_little_endian)


def is_native(syntax: UID) -> bool:
    """Whether pixels are uncompressed in a transfer syntax."""
    if syntax in (GE_BIG_ENDIAN_PIXELS, NATIVE_FRAMES):
        return True
    return syntax != DEFLATED_FRAMES and not syntax.is_encapsulated


def unread(syntax: UID) -> RefusedError:
    """The error for an unsupported transfer syntax, with its name or UID."""
    if not syntax:
        return RefusedError("the file names no transfer syntax")
    name = NAMES.get(syntax, syntax.name)
    if name == syntax and not re.fullmatch(r"[0-9]+(\.[0-9]+)+", syntax):
        return RefusedError("the file's transfer syntax is not a UID")
    return RefusedError(f"transfer syntax {name} is not read")
