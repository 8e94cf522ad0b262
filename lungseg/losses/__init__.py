"""Losses for binary segmentation, from logits, one class per file.

Every loss takes logits and a 0/1 target of the same shape ``[B, ...]`` and returns a scalar. They
compute in float32 even if the logits are bfloat16 or float16 (float64 stays float64), and never
take the logarithm of a probability, so values and gradients stay finite for any finite logit.
"""

from lungseg.losses.bce import BCELoss
from lungseg.losses.boundary import BoundaryLoss
from lungseg.losses.combo import ComboLoss
from lungseg.losses.cross_entropy import modified_bce
from lungseg.losses.deep_supervision import DeepSupervision
from lungseg.losses.dice import DiceLoss
from lungseg.losses.overlap import soft_dsc
from lungseg.losses.tversky import TverskyLoss

__all__ = [
    "BCELoss",
    "BoundaryLoss",
    "ComboLoss",
    "DeepSupervision",
    "DiceLoss",
    "TverskyLoss",
    "modified_bce",
    "soft_dsc",
]
