"""Sets chosen to be as similar as possible."""

from __future__ import annotations

from dataclasses import dataclass

from lungseg.data.cohort import Cohort
from lungseg.splits.balance import balance_of
from lungseg.splits.even import Even
from lungseg.splits.patients import by_name, check_size, how_many, refuse_too_few
from lungseg.splits.sets import Split


@dataclass(frozen=True, kw_only=True)
class Balanced(Even):
    """The choice of test and validation patients with the most similar sets.

    Attributes:
        test: Share of the patients, rounded, at least one patient; or their number.
        val: Likewise; 0 for no validation set.
    """

    test: float
    val: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_size("test", self.test, needed=True)
        check_size("val", self.val)

    def __call__(self, cohort: Cohort) -> Split:
        """The sets.

        Raises:
            ConfigError: If no patient is left for training, or a covariate is unknown.
        """
        n = len(by_name(cohort))
        test, val = (how_many(wanted, n) for wanted in (self.test, self.val))
        refuse_too_few(n, test, val)
        sizes = {"train": n - test - val, "val": val, "test": test}
        sizes = {name: size for name, size in sizes.items() if size}
        assignment = self.find(cohort, list(sizes.values()), cohort.names)
        sets = dict(zip(sizes, assignment.sets, strict=True))
        balance = balance_of(
            sets, cohort, self.balance, self.table, how=assignment.how, value=assignment.value
        )
        return Split.of(sets, balance)
