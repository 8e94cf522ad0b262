"""Randomly drawn sets."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import chain

from lungseg.data.cohort import Cohort
from lungseg.splits.patients import by_name, check_size, how_many, refuse_too_few
from lungseg.splits.sets import Split


@dataclass(frozen=True, kw_only=True)
class Fraction:
    """Patients drawn at random.

    Attributes:
        test: Share of the patients, rounded, at least one patient unless 0; or their number.
        val: Likewise.
        seed: Seed of the draw.
    """

    test: float
    val: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_size("test", self.test, needed=True)
        check_size("val", self.val)

    def __call__(self, cohort: Cohort) -> Split:
        """The sets.

        Raises:
            ConfigError: If no patient is left for training.
        """
        units = by_name(cohort)
        test, val = (how_many(wanted, len(units)) for wanted in (self.test, self.val))
        refuse_too_few(len(units), test, val)
        drawn = random.Random(self.seed).sample(units, test + val)
        sets = [sorted(chain(*part)) for part in (drawn[:test], drawn[test:])]
        rest = [case for case in cohort.names if case not in {*sets[0], *sets[1]}]
        return Split(train=rest, test=sets[0], val=sets[1])
