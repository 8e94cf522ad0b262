"""How masks of others are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lungseg.errors import ConfigError
from lungseg.sources.lungs import LungNames


@dataclass(frozen=True)
class MaskRules:
    """How masks of others are read.

    Attributes:
        lungs: Names of structures that are lungs.
        threshold: A voxel is lung when its probability is at least this.
        values: Of label maps, and numbers of segments, that are lungs; empty for the usual ones.
        structures: Names of structures that are lungs, instead of `lungs`; empty likewise.
        resample: Whether masks on other grids are resampled; otherwise they are refused.
        resampled_by: The setting by which they would be; empty where there is none.
        labelled_by: The setting that names lungs by values or structures, likewise.
    """

    lungs: LungNames
    threshold: float = 0.5
    values: tuple[int, ...] = ()
    structures: tuple[str, ...] = ()
    resample: bool = False
    resampled_by: str = ""
    labelled_by: str = "predictions.labels"

    def is_named(self, name: str) -> bool:
        """Whether `structures` name a structure, in any case of letters."""
        asked = {one.strip().casefold() for one in self.structures}
        return name.strip().casefold() in asked

    def how_to_label(self, example: str) -> str:
        """The end of an error that says how lungs are named; empty where they cannot be.

        Args:
            example: Of a value of the setting.
        """
        return f": {self.labelled_by}={example}" if self.labelled_by else ""


def labels_of(setting: Any, key: str) -> dict[str, Any]:
    """Values or names of lungs, as arguments of :class:`MaskRules`.

    Args:
        setting: A whole number above 0, a name, or a list of either; None for the usual ones.
        key: Of the setting, named in errors.

    Raises:
        ConfigError: If it is anything else.

    Example:
        >>> labels_of([1, 2], "predictions.labels"), labels_of("lungs", "predictions.labels")
        ({'values': (1, 2)}, {'structures': ('lungs',)})
    """
    if setting is None:
        return {}
    single = isinstance(setting, str) or not isinstance(setting, Sequence)
    items = (setting,) if single else tuple(setting)
    if items and all(isinstance(item, str) and item.strip() for item in items):
        return {"structures": items}
    whole = all(isinstance(item, int) and not isinstance(item, bool) for item in items)
    if items and whole and min(items) > 0:
        return {"values": items}
    raise ConfigError(
        f"{key}={setting}: must be values above 0 of label maps, or names of structures:"
        f" {key}=[1,2]"
    )
