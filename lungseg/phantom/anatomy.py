"""A patient's whole anatomy, as CT numbers and lung mask on any grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lungseg.phantom.belly import paint_belly
from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.lungs import paint_airways, paint_lungs
from lungseg.phantom.mediastinum import paint_mediastinum
from lungseg.phantom.patient import BEND_LIMIT, Patient
from lungseg.phantom.shapes import FAR, Slab, oval, smooth_max
from lungseg.phantom.skeleton import paint_ribs, paint_shoulders, paint_spine
from lungseg.phantom.template import CAVITY_AT, CAVITY_X, CAVITY_Y, Array
from lungseg.phantom.trunk import paint_trunk


def render(
    patient: Patient, x: Array, y: Array, z: Array, hu: Array, *, thickness: float, kind: Kind
) -> NDArray[np.bool_]:
    """Paint some slices of a patient.

    Args:
        patient: The patient to paint.
        x: Centres of the columns, in mm from the middle of the scan field, to the patient's left.
        y: Centres of the rows, in mm, to the patient's back.
        z: Centres of the slices, in mm above the lung bases.
        hu: The surroundings of the patient, ``[z, y, x]``; painted over in place.
        thickness: Slice thickness, in mm.
        kind: What else the patient has.

    Returns:
        The lungs, ``[z, y, x]``, including their vessels, but not the large airways.
    """
    lungs = np.zeros(hu.shape, bool)
    s = _slab(patient, x, y, z, thickness, hu, lungs)
    paint_trunk(s, patient)
    paint_ribs(s)
    paint_shoulders(s, patient)
    paint_belly(s, patient)
    paint_spine(s)
    paint_mediastinum(s, patient)
    paint_lungs(s, patient)
    paint_airways(s)
    kind.paint(s, patient)
    return lungs


def _slab(
    patient: Patient,
    x: Array,
    y: Array,
    z: Array,
    thickness: float,
    hu: Array,
    lungs: NDArray[np.bool_],
) -> Slab:
    """Set up the frame and the two surfaces on which everything else depends."""
    across = ((x - patient.centre[0]) / patient.scale[0]).astype(np.float32)
    down = ((y - patient.centre[1]) / patient.scale[1]).astype(np.float32)
    up = (z / patient.scale[2]).astype(np.float32)
    wide = up.max() > 150 or patient.arms_down
    columns = slice(*np.searchsorted(across, (-290, 290) if wide else (-215, 215)))
    rows = slice(*np.searchsorted(down, (-175, 140)))
    axes = across[None, None, columns], down[None, rows, None], up[:, None, None]
    px, py, pz = patient.straightened(*axes)
    cavity = oval(
        px,
        py - CAVITY_AT(axes[2]).astype(np.float32),
        *(profile(axes[2]).astype(np.float32) for profile in (CAVITY_X, CAVITY_Y)),
    )
    # Each dome falls steeply to the ribs and gently to the front and the tendon under the heart.
    steep, gentle = np.float32(75), np.float32(130)
    depth = ((py + 10) / np.where(py < -10, gentle, np.float32(95))) ** 2
    right = ((px + 62) / np.where(px < -62, steep, gentle)) ** 2 + depth
    left = ((px - 66) / np.where(px > 66, steep, gentle)) ** 2 + depth
    dome = smooth_max(patient.domes[0] - 68 * right, patient.domes[1] - 64 * left, 20)
    soft = float(x[1] - x[0]) / patient.scale[0]
    return Slab(
        axes=axes,
        x=px,
        y=py,
        z=pz,
        rough=patient.rough(*axes),
        cavity=cavity,
        floor=(pz - dome) * np.float32(0.7),
        core=np.full_like(px, FAR),
        hu=hu[:, rows, columns],
        lungs=lungs[:, rows, columns],
        soft=soft,
        soft_floor=max(soft, min(0.6 * thickness, 10)),
        margin=BEND_LIMIT + abs(patient.shift),
    )
