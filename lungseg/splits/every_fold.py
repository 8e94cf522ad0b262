"""All folds of a cross-validation at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lungseg.data.cohort import Cohort
from lungseg.splits.folds import KFold, LeaveOneOut
from lungseg.splits.patients import patients
from lungseg.splits.sets import Split
from lungseg.splits.sites import LeaveOneSiteOut


def every_fold(splitter: Any, cohort: Cohort) -> Iterator[Split]:
    """The sets of each fold, whichever one the splitter names; one for other kinds of split.

    Of a split by site, all sites in turn unless it names one.

    Args:
        splitter: Any of :mod:`lungseg.splits`.
        cohort: To be split.

    Raises:
        ConfigError: If the cohort cannot be split like this.
    """
    if isinstance(splitter, LeaveOneSiteOut) and splitter.site is None:
        for site in dict.fromkeys(splitter.sites(cohort).values()):
            yield replace(splitter, site=site)(cohort)
        return
    if not isinstance(splitter, KFold | LeaveOneOut):
        yield splitter(cohort)
        return
    n = splitter.k if isinstance(splitter, KFold) else len(patients(cohort))
    for fold in range(n):
        yield replace(splitter, fold=fold)(cohort)
