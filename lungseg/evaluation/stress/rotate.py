"""A patient who lies turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lungseg.augment.affine import Affine
from lungseg.augment.resample import resample
from lungseg.data.network_input import AIR_HU
from lungseg.evaluation.stress.corruption import Corruption, Plane, Scan
from lungseg.metrics.sides import LEFT, RIGHT

if TYPE_CHECKING:
    from torch import Tensor


class RotatePatient(Corruption):
    """Turns image and reference about the middle of the slice, by :mod:`lungseg.augment`.

    The prediction is scored where it was made. Turned back, it would be interpolated, and even a
    perfect one would lose what a rounded border loses.
    """

    name = "rotate"
    unit = "°"
    strengths = (5.0, 10.0, 20.0, 40.0)
    words = (
        "The patient is turned about the long axis, and the reference with it; the strength is the"
        " angle. Predictions are scored on the turned reference, so a model that does not mind the"
        " angle loses nothing."
    )

    def image(self, scan: Scan, z: int, strength: float) -> Plane:
        """HU, turned; air comes from beyond the image."""
        import torch

        hu = torch.from_numpy(scan.hu(z))[None, None]
        turned, _ = _turned(hu, hu.new_zeros(hu.shape, dtype=torch.uint8), strength)
        plane: Plane = turned[0, 0].numpy()
        return plane

    def labels(
        self, labels: NDArray[np.uint8], spacing_mm: tuple[float, float, float], strength: float
    ) -> NDArray[np.uint8]:
        """The reference, turned. Where lungs touch, a pixel that is half of each is right."""
        import torch

        each = np.stack([labels > 0, labels == LEFT]).astype(np.uint8)
        masks = torch.from_numpy(each)[None]
        _, turned = _turned(masks.new_zeros((1, 1, *labels.shape)), masks, strength)
        inside, left = turned[0].numpy().astype(bool)
        made: NDArray[np.uint8] = np.where(left, LEFT, RIGHT * inside).astype(np.uint8)
        return made


def _turned(hu: Tensor, masks: Tensor, degrees: float) -> tuple[Tensor, Tensor]:
    params = {"scale": 1.0, "degrees": degrees, "shear": 0.0, "shift": [0.0, 0.0]}
    matrix = Affine().matrix(params, (hu.shape[2], hu.shape[3]))
    return resample(hu, masks, matrix[None], [None], AIR_HU)
