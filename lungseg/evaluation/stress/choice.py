"""What the setting ``stress`` names."""

from __future__ import annotations

from collections.abc import Sequence

from lungseg.errors import ConfigError
from lungseg.evaluation.stress.blur import BlurPlane
from lungseg.evaluation.stress.corruption import Corruption
from lungseg.evaluation.stress.crop import CropField
from lungseg.evaluation.stress.dose import LowerDose
from lungseg.evaluation.stress.enlarge import EnlargeField
from lungseg.evaluation.stress.noise import AddNoise
from lungseg.evaluation.stress.rotate import RotatePatient
from lungseg.evaluation.stress.shift import ShiftHU
from lungseg.evaluation.stress.thickness import ThickenSlices

ALL = "all"
CORRUPTIONS: dict[str, Corruption] = {
    one.name: one
    for one in (AddNoise(), BlurPlane(), ShiftHU(), ThickenSlices(), CropField(), EnlargeField(),
                RotatePatient(), LowerDose())
}  # fmt: skip


def chosen(setting: object) -> list[Corruption]:
    """The corruptions that the setting ``stress`` names, in its order.

    Args:
        setting: A list of names, one name, ``all``, or None for none.

    Raises:
        ConfigError: If there is no such corruption.
    """
    if setting is None:
        return []
    if setting == ALL:
        return list(CORRUPTIONS.values())
    several = isinstance(setting, Sequence) and not isinstance(setting, str)
    names = list(setting) if several else [setting]  # type: ignore[call-overload]
    for name in names:
        if name not in CORRUPTIONS:
            raise ConfigError(
                f"stress: no corruption {name!r}; there are {', '.join(CORRUPTIONS)}; stress=all"
                " takes all of them"
            )
    return [CORRUPTIONS[name] for name in dict.fromkeys(names)]
