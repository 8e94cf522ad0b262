"""Chests that an outline easily loses, or easily finds too much of: each drawn by a function."""

from __future__ import annotations

import numpy as np

from tests.data.thorax import AIR, FAT, MUSCLE, SHELL, Chest, chest


def on_a_hollow_table(size: int = 128) -> Chest:
    """The back is pressed flat on the shell of a hollow table; its cradle makes another hollow."""
    new = _flat_backed(size)
    new.paint(new.box(-220, 220, 95, 135), SHELL)
    new.paint(new.box(-216, 216, 99, 131), -950)
    cradle = new.ellipse(0, 100, 220, 90) & new.box(-300, 300, 135, 300)
    new.paint(cradle, SHELL)
    new.paint(new.ellipse(0, 100, 214, 84) & cradle, -950)
    return new


def above_a_table(size: int = 128) -> Chest:
    """A flat back 5 mm above a board, and a dense rail of 30 mm beside them."""
    new = _flat_backed(size)
    new.paint(new.box(-220, 220, 100, 106), SHELL)
    new.paint(new.box(-220, -190, 60, 90), SHELL)
    return new


def on_a_curved_table(size: int = 128) -> Chest:
    """A cradle that touches the sides of the trunk and leaves a gap below the back."""
    new = chest(size)
    cradle = new.ellipse(0, 0, 180, 135) & new.box(-300, 300, 40, 300)
    new.paint(cradle, SHELL)
    new.paint(new.ellipse(0, 0, 174, 129) & cradle, AIR)
    new.paint(new.box(-174, -150, 40, 46) | new.box(150, 174, 40, 46), SHELL)
    return new


def prone(size: int = 128) -> Chest:
    """As on a hollow table, face down."""
    new = on_a_hollow_table(size)
    return Chest(new.hu[:, ::-1], new.lung[:, ::-1], new.trunk[:, ::-1], new.pixel)


def on_a_foam_cushion(size: int = 128) -> Chest:
    """The trunk is sunk into soft foam in a thin cover, wide enough to be cut by the image."""
    new = chest(size)
    new.paint(new.box(-300, 300, 20, 150), -400)
    new.paint(new.box(-300, 300, 22, 148), -780)
    return new


def under_a_blanket(size: int = 128) -> Chest:
    """A thin blanket lies on the chest and encloses air beside it; both end on the table."""
    new = chest(size)
    new.paint(new.box(-230, 230, 112, 118), SHELL)
    tent = new.ellipse(0, 115, 220, 229) & new.box(-300, 300, -300, 115)
    new.paint(tent, -300)
    new.paint(new.ellipse(0, 115, 216, 224) & tent, AIR)
    return new


def with_arms_down(size: int = 128) -> Chest:
    """Arms touch the trunk above and below, with air enclosed between; on the left they overlap."""
    new = chest(size)
    for x in (-199, 192):
        new.paint(new.ellipse(x, 20, 38, 45), FAT)
        new.paint(new.ellipse(x, 20, 20, 25), MUSCLE)
    new.paint(new.box(-175, -150, 30, 70), FAT)
    new.paint(new.box(-175, -150, -20, 0), FAT)
    return new


def with_an_open_mouth(size: int = 128) -> Chest:
    """The airway leads from a lung through all slices to the mouth, which is open to the front."""
    new = chest(size, 8)
    new.hu[:2, new.box(-60, 10, 6, 14)] = AIR
    for z in (5, 6, 7):  # neck and head
        new.trunk[z] = new.ellipse(10, 0, 75, 95)
        new.lung[z] = False
        new.hu[z] = np.where(new.trunk[z], MUSCLE, AIR)
        new.hu[z, new.ellipse(10, 10, 8, 8)] = AIR
    mouth = new.box(0, 20, -120, 12)
    new.trunk[6, mouth] = False
    new.hu[6, mouth] = AIR
    return new


def with_air_under_the_skin(size: int = 128) -> Chest:
    """Bubbles of 6 to 20 mm, 4 mm below the skin."""
    new = chest(size)
    for angle, radius in zip(np.linspace(0, 6, 15), np.linspace(3, 10, 15), strict=True):
        depth = radius + 4
        x, y = (155 - depth) * np.cos(angle), (110 - depth) * np.sin(angle)
        bubble = new.ellipse(x, y, radius, radius) & new.trunk & ~new.lung
        new.hu[bubble] = AIR
    return new


def with_emphysema(size: int = 128) -> Chest:
    """Lungs hardly denser than air, in a chest wall of 5 mm."""
    new = chest(size, wall_mm=5)
    new.hu[new.lung] = -970
    return new


def with_a_pneumothorax(size: int = 128) -> Chest:
    """One lung has collapsed to its root; the rest is air, in a wall that a drain pierces."""
    new = chest(size, wall_mm=12)
    left = new.lung & new.ellipse(-110, 0, 110, 110)
    new.hu[left] = AIR
    new.hu[:, new.ellipse(-60, 0, 30, 40) & new.lung[0]] = -300
    drain = new.box(-170, -100, -3, 3)
    new.hu[:, drain] = AIR
    new.trunk[:, drain] = new.lung[:, drain]
    return new


def with_padding(size: int = 128, hu: int = -3024, radius_mm: float = 200) -> Chest:
    """On a table, in a circle outside which the scanner recorded nothing."""
    new = on_a_hollow_table(size)
    beyond = ~new.ellipse(0, 0, radius_mm, radius_mm)
    new.hu[:, beyond] = hu
    new.trunk[:, beyond] = new.lung[:, beyond] = False
    return new


def _flat_backed(size: int) -> Chest:
    """A trunk that lies on something flat."""
    new = chest(size)
    cut = new.box(-300, 300, 95, 300)
    new.hu[:, cut] = AIR
    new.trunk[:, cut] = new.lung[:, cut] = False
    new.hu[new.trunk & ~new.lung & new.box(-300, 300, 75, 95)] = FAT
    new.lung[:, new.box(-300, 300, 75, 95)] = False
    return new


def cut_at_the_skin(size: int = 128, half_mm: float = 150) -> Chest:
    """A field of view narrower than the trunk."""
    new = on_a_hollow_table(size)
    kept = new.box(-half_mm, half_mm, -300, 300).any(axis=0)
    columns = np.flatnonzero(kept)
    return new.crop(slice(None), slice(columns[0], columns[-1] + 1))


def cut_through_the_lung(size: int = 128) -> Chest:
    """A field of view that ends in the lung, at the image's edge."""
    return cut_at_the_skin(size, 120)


def with_half_a_lung(size: int = 128) -> Chest:
    """The same, in the middle of the lung."""
    return cut_at_the_skin(size, 85)


def cut_by_the_circle(size: int = 128) -> Chest:
    """A field of view that ends in the lung, at the scanner's circle."""
    return with_padding(size, -1024, 128)


def within_the_patient(size: int = 128) -> Chest:
    """The scanner's circle is smaller than the patient."""
    new = chest(size, wall_mm=60)
    new.trunk[:] = new.ellipse(0, 0, 105, 105)
    new.hu[:] = np.where(new.lung, new.hu, FAT)
    new.hu[~new.trunk] = -2000
    return new


def with_an_open_chest(size: int = 128) -> Chest:
    """In two slices, a wound of 40 mm leads into the lung."""
    new = chest(size)
    new.hu[2:4, new.box(-170, -100, -20, 20)] = AIR
    return new
