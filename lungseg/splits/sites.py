"""A test set from a site that is not in the training set."""

from __future__ import annotations

from dataclasses import dataclass

from lungseg.data.cohort import Cohort
from lungseg.errors import ConfigError, listed
from lungseg.splits.covariates import labels
from lungseg.splits.even import Even
from lungseg.splits.patients import (
    by_name,
    check_size,
    how_many,
    patients,
    refuse_all,
    refuse_too_few,
)
from lungseg.splits.sets import Split


@dataclass(frozen=True, kw_only=True)
class LeaveOneSiteOut(Even):
    """All cases of one site are the test set.

    Attributes:
        by: The label of sites: ``scanner``, or a column of ``table``.
        site: The test site.
        val: Patients of the other sites for validation: a share of all patients, or their number.
    """

    by: str = "scanner"
    site: str | int | float | None = None
    val: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_size("val", self.val)
        refuse_all("site", self.site)

    def __call__(self, cohort: Cohort) -> Split:
        """The sets.

        Raises:
            ConfigError: If the site is not given or unknown, a case has no site, a patient has
                two, or there is only one site.
        """
        site_of = self.sites(cohort)
        sites = list(dict.fromkeys(site_of.values()))
        known = f"there are {listed([repr(site) for site in sorted(sites)], most=30)}"
        if self.site is None:
            raise ConfigError(f"split.site: must be given; by {self.by} {known}")
        if str(self.site) not in sites:
            raise ConfigError(f"split.site={self.site}: no such {self.by}; {known}")
        if len(sites) == 1:
            raise ConfigError(
                f"split.by={self.by}: all cases are from {sites[0]!r}; none is left for training"
            )
        test = [case for case in cohort.names if site_of[case] == str(self.site)]
        n = len(by_name(cohort))
        n_test = sum(unit[0] in test for unit in by_name(cohort))
        refuse_too_few(n, n_test, n_val := how_many(self.val, n))
        val = self.validation(cohort, test, n_val)
        train = [case for case in cohort.names if case not in {*test, *val}]
        return Split(train=train, test=test, val=val)

    def sites(self, cohort: Cohort) -> dict[str, str]:
        """The site of each case.

        Raises:
            ConfigError: If a case has no site, or a patient has two.
        """
        site_of = dict(zip(cohort.names, labels(self.by, cohort, self.table), strict=True))
        unknown = [case for case, site in site_of.items() if not site]
        if unknown:
            raise ConfigError(
                f"split.by={self.by}: not known for {listed(unknown)}; give it in a column of"
                " split.table"
            )
        for unit in patients(cohort):
            for case in unit[1:]:
                if site_of[case] != site_of[unit[0]]:
                    raise ConfigError(
                        f"split.by={self.by}: {unit[0]} and {case} belong to one patient, at two"
                        f" sites: {site_of[unit[0]]!r} and {site_of[case]!r}"
                    )
        return site_of
