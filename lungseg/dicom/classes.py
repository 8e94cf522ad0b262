"""SOP classes that are read, and the kind of object of each."""

from __future__ import annotations

from typing import Literal

Kind = Literal["ct", "rtstruct", "seg", "other"]

DICOMDIR = "1.2.840.10008.1.3.10"
MODALITIES: dict[str, Kind] = {"CT": "ct", "RTSTRUCT": "rtstruct", "SEG": "seg"}
PLAIN_CT = "1.2.840.10008.5.1.4.1.1.2"
READ: dict[str, Literal["ct", "rtstruct", "seg"]] = {
    PLAIN_CT: "ct",
    "1.2.840.10008.5.1.4.1.1.2.1": "ct",  # Enhanced
    "1.2.840.10008.5.1.4.1.1.2.2": "ct",  # Legacy Converted Enhanced
    "1.2.840.10008.5.1.4.1.1.481.3": "rtstruct",
    "1.2.840.10008.5.1.4.1.1.66.4": "seg",
    "1.2.840.10008.5.1.4.1.1.66.7": "seg",  # Label Map
}
