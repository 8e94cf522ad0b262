"""Decoders for a compressed image, and what to install if there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lungseg.dicom.limits import RefusedError
from lungseg.dicom.syntaxes import unread

if TYPE_CHECKING:
    from pydicom.uid import UID

# What to install for a family of transfer syntaxes, by the start of its name.
PACKAGES = {
    "JPEG-LS": "pyjpegls",
    "High-Throughput JPEG 2000": "pylibjpeg pylibjpeg-openjpeg",
    "JPEG 2000": "pillow",
    "JPEG": "python-gdcm",
}
LOSSY_JPEG = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")  # baseline, extended
# pydicom's plugin for gdcm refuses 12-bit images, which gdcm itself can decode.
GDCM_12_BIT = "gdcm, 12 bit"
# In the order in which they are tried.
PREFERRED = ("pydicom", "pillow", "gdcm", GDCM_12_BIT, "pyjpegls", "pylibjpeg")


def plugins_for(syntax: UID, precision: int, stored: int) -> list[str]:
    """Installed decoders that can read such an image, best first.

    Args:
        syntax: Transfer syntax, of compressed pixels.
        precision: Bits per sample, from the image itself.
        stored: BitsStored.

    Raises:
        RefusedError: If no decoder is installed, or the transfer syntax is not supported.
    """
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import JPEG2000TransferSyntaxes

    try:
        available = set(get_decoder(syntax).available_plugins)
    except NotImplementedError:
        raise unread(syntax) from None
    name = syntax.name
    if syntax in LOSSY_JPEG and precision > 8:
        if min(precision, stored) > 12:  # no such JPEG is defined, and decoders disagree
            raise RefusedError(f"transfer syntax {name} is not read with more than 12 bits")
        name = "JPEG Extended, 12 bit"
        available = (available & {"pylibjpeg"}) | ({GDCM_12_BIT} if "gdcm" in available else set())
    if syntax in JPEG2000TransferSyntaxes and precision > 16:
        available.discard("pillow")
    if not available:
        package = next((p for family, p in PACKAGES.items() if name.startswith(family)), "pydicom")
        raise RefusedError(f"needs a decoder for {name}: pip install {package}")
    return [plugin for plugin in PREFERRED if plugin in available]
