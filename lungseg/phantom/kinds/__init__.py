"""What harder synthetic patients have, and the plain ones lack: one kind per patient.

They are for finding what a recipe cannot do, not for claims about patients. What counts as lung
follows the guideline of LCTSC (the atlas of RTOG 1106): collapsed and emphysematous lung is lung,
and so is a bulla; tumours and airways are not, and neither are fluid and air outside the lung.
"""

from __future__ import annotations

import numpy as np

from lungseg.phantom.kinds.airway import Airway
from lungseg.phantom.kinds.arms_down import ArmsDown
from lungseg.phantom.kinds.bulla import Bulla
from lungseg.phantom.kinds.cushion import Cushion
from lungseg.phantom.kinds.cut import Cut
from lungseg.phantom.kinds.effusion import Effusion
from lungseg.phantom.kinds.emphysema import Emphysema
from lungseg.phantom.kinds.hollow_table import HollowTable
from lungseg.phantom.kinds.kind import Kind
from lungseg.phantom.kinds.pneumothorax import Pneumothorax
from lungseg.phantom.kinds.subcutaneous_air import SubcutaneousAir
from lungseg.phantom.kinds.thick_table import ThickTable
from lungseg.phantom.kinds.tumour import Tumour

CLASSES: dict[str, type[Kind]] = {
    "": Kind,
    "bulla": Bulla,
    "emphysema": Emphysema,
    "effusion": Effusion,
    "tumour": Tumour,
    "pneumothorax": Pneumothorax,
    "thick_table": ThickTable,
    "hollow_table": HollowTable,
    "cushion": Cushion,
    "arms_down": ArmsDown,
    "cut": Cut,
    "airway": Airway,
    "subcutaneous_air": SubcutaneousAir,
}


def draw_kind(name: str, rng: np.random.Generator) -> Kind:
    """Draw a kind by its name, of :data:`lungseg.arguments.PHANTOM_KINDS` or empty for none."""
    return CLASSES[name].draw(rng)
