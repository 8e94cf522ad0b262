"""The result of a split: the cases of each set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lungseg.errors import ConfigError
from lungseg.splits.balance import Balance


@dataclass(frozen=True)
class Split:
    """Names of the cases in each set; no case is in two.

    Attributes:
        train: Training cases.
        test: Test cases.
        val: Validation cases; may be empty.
        balance: How similar the sets are, if they were balanced.
        notes: Remarks for the user.

    Raises:
        ConfigError: If a case is in two sets, or none is left for training or testing.
    """

    train: list[str]
    test: list[str]
    val: list[str] = field(default_factory=list)
    balance: Balance | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("train", "test"):
            if not getattr(self, name):
                raise ConfigError(f"split: no case is left for {name}")
        seen: dict[str, str] = {}
        for set_name, cases in self.sets().items():
            for case in cases:
                if case in seen:
                    where = " and ".join(dict.fromkeys((seen[case], set_name)))
                    raise ConfigError(f"split: {case} is listed twice (in {where})")
                seen[case] = set_name

    @classmethod
    def of(cls, sets: Mapping[str, list[str]], balance: Balance | None = None) -> Split:
        """From sets by name."""
        return cls(sets["train"], sets["test"], sets.get("val", []), balance)

    def sets(self) -> dict[str, list[str]]:
        """Sets by name, in the order train, val, test; val only where there is one."""
        sets = {"train": self.train, "val": self.val, "test": self.test}
        return {name: cases for name, cases in sets.items() if cases}
