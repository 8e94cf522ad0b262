"""The twelve kinds of case: scanners and irregularities."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

CYCLE = 12  # number of cases after which the variants repeat
LARGE_LEFT_LUNG, OTHER_SCANNER, PADDED = 7, 5, 8
NAME_ORDERS = ("feet_first", "head_first", "unpadded", "random")
INSTANCE_ORDERS = ("ascending", "descending", "from_two", "scrambled")
# Names of invented people that were left in the files, with their dates of birth.
IDENTIFIED = {
    3: ("Phantom^Ada", "19510314"),
    6: ("Phantom^Berta", "19630822"),
    10: ("Phantom^Clara", "19471105"),
}
# The eight ways to flip (z, y, x); twelve cases go through all of them.
FLIPS = tuple((bool(k & 1), bool(k & 2), bool(k & 4)) for k in (0, 1, 2, 4, 3, 5, 6, 7, 4, 0, 1, 2))


@dataclass(frozen=True)
class Plant:
    """Irregularities of a case.

    Attributes:
        name_order: How file names sort: ``feet_first``, ``head_first``, ``unpadded`` or ``random``.
        instance_order: Order of InstanceNumber from the feet up: ``ascending``, ``descending``,
            ``from_two`` (ascending, but not from 1) or ``scrambled``.
        mask_flip: Whether the stored mask is flipped along ``(z, y, x)``.
        identified: Whether name and date of birth were left in.
    """

    name_order: str
    instance_order: str
    mask_flip: tuple[bool, bool, bool]
    identified: bool


@dataclass(frozen=True)
class Scanner:
    """Properties of a scanner that affect the image and the stored values.

    Attributes:
        manufacturer: As in the header; ``model`` and ``kernel`` likewise.
        blur: Standard deviation of the point spread, in pixels.
        noise: Standard deviation in soft tissue, in HU.
        intercept: HU of a stored 0.
        signed: Whether stored values may be negative.
        syntax: Transfer syntax.
    """

    manufacturer: str
    model: str
    kernel: str
    blur: float
    noise: float
    intercept: int
    signed: bool
    syntax: UID


USUAL = Scanner("Phantomworks", "Tube 16", "B30s", 0.5, 15, -1024, False, ExplicitVRLittleEndian)
PADDING_ONE = Scanner(
    "Phantomworks", "Tube 16", "B30s", 0.5, 15, -1024, True, ExplicitVRLittleEndian
)
OTHER = Scanner(
    "Makebelieve Medical", "Ring 64", "BONE", 0.3, 26, -1000, True, ImplicitVRLittleEndian
)


def plant_of(index: int) -> Plant:
    """The irregularities of a case."""
    variant = index % CYCLE
    return Plant(
        name_order=NAME_ORDERS[variant % 4],
        # Shifted by one every four cases, so that twelve cases have twelve different pairs.
        instance_order=INSTANCE_ORDERS[(variant + variant // 4) % 4],
        mask_flip=FLIPS[variant],
        identified=variant in IDENTIFIED,
    )


def scanner_of(index: int) -> Scanner:
    """The scanner that a case comes from."""
    return {OTHER_SCANNER: OTHER, PADDED: PADDING_ONE}.get(index % CYCLE, USUAL)
